// Writing what the user asked for, and noticing when it does not arrive.
#pragma once

#include <cstdio>
#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>

namespace weir::tool {

/// From here on a closed pipe is a write error like any other. Called by all functions below; a program started
/// before inherits what was.
void survive_closed_pipes();

/// One line on stderr, with "weir: " in front.
void complain(std::string_view text);

/// Writes and flushes. Throws Error when the text does not get through.
void write_all(std::FILE* file, std::string_view text);

/// Has `write` fill the file `path`, or standard output when `path` is empty or "-". Throws Error when something
/// does not arrive.
void write_to(const std::string& path, const std::function<void(std::ostream&)>& write);

/// The text without line breaks and other controls.
[[nodiscard]] std::string one_line(std::string_view text);

}  // namespace weir::tool
