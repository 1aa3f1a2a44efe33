// What `weir run` says of a command that had children: how many, what they hold, and how to read them all.
#pragma once

#include <string>
#include <vector>

namespace weir::tool {

/// Two lines with "weir: " in front; nothing for a single profile.
[[nodiscard]] std::string family_lines(const std::vector<std::string>& profiles);

}  // namespace weir::tool
