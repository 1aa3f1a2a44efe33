// Where libweir.so is.
#pragma once

#include <string>

namespace weir::tool {

/// The absolute path of libweir.so: $WEIR_RUN_LIBRARY, else beside this program as built or as installed.
/// Throws Error when there is none, or when its path cannot stand in LD_PRELOAD.
[[nodiscard]] std::string find_library();

}  // namespace weir::tool
