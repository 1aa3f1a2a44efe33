#include "core/platform/start_objects.hpp"

#include <link.h>

#include "core/base/slice.hpp"
#include "core/platform/dynamic_symbols.hpp"

namespace weir::platform {

const link_map* first_object() noexcept { return _r_debug.r_map; }

const link_map* first_with(const char* function) noexcept {
  const link_map* object = _r_debug.r_map;
  while (object != nullptr && function_of(*object, function) == nullptr) object = object->l_next;
  return object;
}

const link_map* first_named(std::string_view begin) noexcept {
  for (const link_map* object = _r_debug.r_map; object != nullptr; object = object->l_next) {
    const std::string_view path = name_of(*object);
    if (slice(path, path.rfind('/') + 1).starts_with(begin)) return object;
  }
  return nullptr;
}

void* function_of(const link_map& object, const char* name) noexcept { return symbols_of(object).find(name); }

bool is_own(const link_map& object) noexcept { return object.l_ld == _DYNAMIC; }

std::string_view name_of(const link_map& object) noexcept {
  return object.l_name != nullptr ? std::string_view{object.l_name} : std::string_view{};
}

}  // namespace weir::platform
