// Where host blocks come from: jemalloc, private to weir.
//
// A "plain" block is jemalloc's own; a "tagged" one asked for kTagBytes more and carries a tag (tag.hpp). One process
// uses one kind only, decided before its first block; but in sampled mode, where the tagged ones have an address range of
// their own. Every function may be called from any thread, and takes no lock
// of weir's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/host/block.hpp"
#include "core/host/extents.hpp"
#include "core/host/jemalloc_api.hpp"
#include "core/host/jemalloc_os.hpp"
#include "core/host/page_map.hpp"
#include "core/host/sampled_blocks.hpp"
#include "core/host/size_class.hpp"
#include "core/host/tag.hpp"

namespace weir::host {

/// Requests beyond this fail with ENOMEM, as glibc's PTRDIFF_MAX does. Leaves room for tag and alignment.
inline constexpr std::size_t kMaxRequest = (std::size_t{1} << 62);

/// Before anything else here: address range, jemalloc, page map, secret. A second time it does nothing: blocks of before
/// would be outside the range, and their tags wrong.
void begin() noexcept;

/// No more memory can be had from the system soon: some is taken for what the calling thread may still allocate.
void put_memory_aside() noexcept;

/// "5.3.0-0-g54eaed1": jemalloc's own
[[nodiscard]] const char* version() noexcept;

/// Bytes of the block that a request gets, with its tag.
[[nodiscard]] inline std::size_t tagged_class(std::size_t bytes) noexcept {
  return size_class(bytes < 8 ? 16 : bytes + kTagBytes);
}

/// For at most kMaxSmall bytes, by a table.
inline constexpr std::size_t kMaxSmall = kTabulated - kTagBytes;
[[nodiscard]] inline Block allocate_small(std::size_t bytes) noexcept {
  const std::size_t class_bytes = kSizeClasses[(bytes + kTagBytes + 15) / 16];
  if (class_bytes > kTabulated) __builtin_unreachable();  // and so its tag has a short slack
  return {weir_je_malloc(class_bytes), class_bytes};
}

[[nodiscard]] inline Block allocate(std::size_t bytes) noexcept {
  const std::size_t class_bytes = tagged_class(bytes);
  return {weir_je_malloc(class_bytes), class_bytes};
}
[[nodiscard]] inline Block allocate_zeroed(std::size_t bytes) noexcept {
  const std::size_t class_bytes = tagged_class(bytes);
  return {weir_je_calloc(1, class_bytes), class_bytes};
}
/// `align` is a power of two, at most 2^48.
[[nodiscard]] Block allocate_aligned(std::size_t bytes, std::size_t align) noexcept;

/// Makes the block one of `wanted` bytes where it is; false: it is as it was. The tag must have been cleared.
[[nodiscard]] inline bool resize_in_place(void* block, std::size_t class_bytes, std::size_t wanted) noexcept {
  if (wanted == class_bytes) return true;
  if (wanted < kSmallestLarge || class_bytes < kSmallestLarge) return false;
  return weir_je_xallocx(block, wanted, 0, 0) == wanted;
}

inline void release(void* block, std::size_t class_bytes) noexcept {
  // jemalloc's short way takes no size for what lies at the start of a page.
  if (address_of(block) % 4096 == 0) [[unlikely]]
    return weir_je_free(block);
  weir_je_sdallocx(block, class_bytes, 0);
}

/// The allocator's own totals; all zero when it cannot tell.
struct Totals {
  std::size_t allocated, active, resident, retained, mapped, metadata, cached;
};
/// Takes jemalloc's locks and adds up all arenas: tens of microseconds.
[[nodiscard]] Totals totals() noexcept;

/// How full the slabs of one size class are.
struct ClassUse {
  std::size_t bytes, live_blocks, capacity_blocks, slabs, slab_bytes;
};
/// All size classes that hold anything, after totals(); returns how many were written.
std::size_t class_uses(std::span<ClassUse> out) noexcept;

/// Gives unused pages back to the system.
void purge() noexcept;

}  // namespace weir::host
