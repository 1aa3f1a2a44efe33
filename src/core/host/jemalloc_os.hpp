// The address range that the private jemalloc lives in.
//
//   base ───────────────────────────────── top ┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄ base + bytes
//   │ mapped by jemalloc: extents, metadata │ reserved, reads 0   │
//
// One reservation makes "is this pointer ours?" one subtraction and one comparison. When it is used up, or could not
// be had (RLIMIT_AS), jemalloc's further mappings come from anywhere and are kept in a short list.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/bits.hpp"

namespace weir::host {

struct HomeRange {
  std::uintptr_t base;
  std::uintptr_t bytes;
};
/// Written once before jemalloc's first call. All zero: no reservation.
extern constinit HomeRange g_home;

/// Reserves the range. Call once, before any jemalloc function.
void reserve_home() noexcept;

/// True if `p` lies in a mapping outside the home range that jemalloc got. Slow path.
[[nodiscard]] bool is_in_outside_mapping(const void* p) noexcept;

[[nodiscard]] inline bool is_in_home(const void* p) noexcept {
  return address_of(p) - g_home.base < g_home.bytes;
}

/// True if jemalloc may have made this block; false for every other allocator's.
[[nodiscard]] inline bool is_ours(const void* p) noexcept {
  return is_in_home(p) || is_in_outside_mapping(p);
}

}  // namespace weir::host
