// Readable names of symbols.
#pragma once

#include <string>

namespace weir::tool {

/// The C++ name of a mangled symbol; any other text comes back as it is, but for the mark that glibc puts in front
/// of the inner names of its exported functions.
[[nodiscard]] std::string demangle(const char* symbol);

}  // namespace weir::tool
