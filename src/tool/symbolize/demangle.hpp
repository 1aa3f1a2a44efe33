// Readable names of C++ symbols.
#pragma once

#include <string>

namespace weir::tool {

/// The C++ name of a mangled symbol; any other text comes back as it is.
[[nodiscard]] std::string demangle(const char* symbol);

}  // namespace weir::tool
