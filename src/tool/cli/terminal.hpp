// What the place where the report goes can show.
#pragma once

#include "tool/report/report.hpp"

namespace weir::tool {

/// Sets width and unicode for what is written to `fd`; -1: a file.
void fit_to_terminal(ReportOptions& options, int fd);

}  // namespace weir::tool
