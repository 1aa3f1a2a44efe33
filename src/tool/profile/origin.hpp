// Whether a file is the one that its process wrote, or a copy of it.
#pragma once

#include <string>

#include "tool/profile/profile.hpp"

namespace weir::tool {

/// What the end is that `by_header` says, where the file may be a copy: a process that lives has its own file mapped, and one that
/// noted no end was killed only if this is the file that it left. `path` may name no file: then the header is believed.
[[nodiscard]] Ending ending_in_file(Ending by_header, const profile::Header& header, const std::string& path);

}  // namespace weir::tool
