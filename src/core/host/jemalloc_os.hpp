// The address range that the private jemalloc lives in.
//
//   base ───────────────────────────────── top ┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄ base + bytes
//   │ mapped by jemalloc: extents, metadata │ nothing             │
//
// jemalloc's mappings are placed there one behind the other, so "is this pointer ours?" is one subtraction and one
// comparison. Nothing is reserved: the range is only a place where nobody else is put. Where somebody is all the same,
// or the range is used up, jemalloc's further mappings come from anywhere and are kept in a short list.
//
// In sampled mode a second range of the same kind follows the first; recorded blocks live there (sampled_blocks.hpp).
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/bits.hpp"

namespace weir::host {

struct HomeRange {
  std::uintptr_t base;
  std::uintptr_t bytes;
};
/// Written once before jemalloc's first call. All zero: not chosen.
[[gnu::visibility("hidden")]] extern constinit HomeRange g_home;
/// Of recorded blocks in sampled mode. Written once; all zero: there are none.
[[gnu::visibility("hidden")]] extern constinit HomeRange g_sampled_home;

/// Chooses the range. Call once, before any jemalloc function.
void choose_home() noexcept;

/// Chooses the second range, behind the first.
void choose_sampled_home() noexcept;

/// Fresh zeroed memory from the second range, `align` a power of two; null: none could be had.
[[nodiscard]] void* map_in_sampled_home(std::size_t bytes, std::size_t align) noexcept;

/// True if `p` lies in the home range, but where jemalloc has never been. Slow path.
[[nodiscard]] bool is_beyond_home(const void* p) noexcept;

/// In a forked child, single-threaded.
void reset_outside_lock() noexcept;

/// The parts of the address space that jemalloc's extents and its own tables may lie in: number 0, 1, … Slow path, no lock.
/// False: there is no such number. An empty range is skipped by who walks.
struct Range {
  std::uintptr_t begin, end;
};
[[nodiscard]] bool mapped_range(std::size_t number, Range& range) noexcept;

/// True if `p` lies in a mapping outside the home range that jemalloc got. Slow path.
[[nodiscard]] bool is_in_outside_mapping(const void* p) noexcept;

[[nodiscard]] inline bool is_in_home(const void* p) noexcept {
  return address_of(p) - g_home.base < g_home.bytes;
}

[[nodiscard]] inline bool is_in_sampled_home(const void* p) noexcept {
  return address_of(p) - g_sampled_home.base < g_sampled_home.bytes;
}

/// True if jemalloc may have made this block; false for every other allocator's.
[[nodiscard]] inline bool is_ours(const void* p) noexcept {
  return is_in_home(p) || is_in_sampled_home(p) || is_in_outside_mapping(p);
}

}  // namespace weir::host
