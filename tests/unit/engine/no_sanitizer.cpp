// For unit tests that are built with a sanitizer: weir would find it in their process, stay out of it and record nothing.
#include "core/engine/company.hpp"

namespace weir::engine {

const char* find_sanitizer() noexcept { return nullptr; }
const char* sanitizer() noexcept { return nullptr; }

}  // namespace weir::engine
