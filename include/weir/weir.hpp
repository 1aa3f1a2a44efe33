// C++ comfort over weir.h. Header only, no state; harmless without libweir.so.
#pragma once

#include <optional>
#include <string_view>

#include "weir/weir.h"

namespace weir {

/// Totals of one space; nothing when libweir.so is not in the process or does not record that space.
[[nodiscard]] inline std::optional<weir_totals> totals(weir_space space = WEIR_HOST) noexcept {
  weir_totals out{};
  out.struct_size = sizeof(out);
  if (weir_is_loaded() == 0 || weir_get_totals(space, &out) != 0) return std::nullopt;
  return out;
}

/// A look through the heap now (weir_scan); nothing when there can be none.
[[nodiscard]] inline std::optional<weir_verdict> scan() noexcept {
  weir_verdict out{};
  out.struct_size = sizeof(out);
  if (weir_scan == nullptr || weir_scan(&out) != 0) return std::nullopt;
  return out;
}

/// Path of this process's profile; empty when there is none.
[[nodiscard]] inline std::string_view profile_path() noexcept {
  const char* path = weir_is_loaded() != 0 ? weir_profile_path() : nullptr;
  return path != nullptr ? std::string_view{path} : std::string_view{};
}

}  // namespace weir
