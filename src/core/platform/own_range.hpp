// The address range in which weir maps things for itself, so that a look through the process's memory for pointers of the
// program's can leave it out (core/walk). Nothing is reserved there; where somebody is in the way, or the kernel does not take
// places, the mapping comes from anywhere and is kept in a short list. No allocation, no lock, errno untouched.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weir::platform {

/// Readable and writable memory, `flags` those of mmap; `align` a power of two, heeded within the range. Null: the kernel
/// refuses.
[[nodiscard]] void* map_own(std::size_t bytes, std::size_t align, int flags) noexcept;

/// From now on mappings come from anywhere: for a process in which somebody (a sanitizer) wants the range to be free.
void forgo_own_range() noexcept;

/// Before the memory is unmapped.
void forget_own(const void* base) noexcept;

/// The range, and what lies elsewhere: number 0, 1, … False: there is no such number. Empty ones are to be skipped.
struct OwnRange {
  std::uintptr_t begin, end;
};
[[nodiscard]] bool own_mapping(std::size_t number, OwnRange& range) noexcept;

}  // namespace weir::platform
