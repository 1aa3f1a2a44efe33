// The one thing the tool writes into a profile: how the process ended, which only its parent knows for certain.
#pragma once

#include <string>

#include "tool/cli/child.hpp"

namespace weir::tool {

/// Nothing happens when the file is not this process's profile or cannot be written.
void record_end(const std::string& path, const ChildEnd& end);

}  // namespace weir::tool
