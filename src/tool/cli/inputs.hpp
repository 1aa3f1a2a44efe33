// Which profiles the words of a command line mean, and those as one.
#pragma once

#include <string>
#include <vector>

#include "tool/profile/profile.hpp"

namespace weir::tool {

/// For --help.
inline constexpr const char* kProfilesHelp =
    "files, folders (every profile in them and below), @LIST (a file\nof such names, one a line; @- reads "
    "them from standard input)";

/// The files that these words mean, each once, profiles of one process before merged ones. `except` is left out where a
/// folder has it. Throws Error for a folder or a list that cannot be read, and for one without profiles.
[[nodiscard]] std::vector<std::string> profile_files(const std::vector<std::string>& words,
                                                     const std::string& except = {});

/// One file is loaded as it is; more are merged. What cannot be read, or tells of a process that is in already, is left out with
/// a line on stderr, and the profile says so too. Throws Error when nothing is left.
[[nodiscard]] Profile load_all(const std::vector<std::string>& files);

}  // namespace weir::tool
