// The recorded blocks of sampled mode: tagged, and in an address range of their own, so that the address alone tells them
// from all others. They come from one jemalloc arena, whose memory is taken from that range, past all thread caches.
#pragma once

#include <cstddef>

#include "core/host/block.hpp"

namespace weir::host {

/// Once, after begin(). False: no range or no arena; there are no such blocks then.
[[nodiscard]] bool begin_sampled_blocks() noexcept;

/// `flags`: kZeroed, aligned_to(…), or 0. Null: no room in the range, or no memory.
[[nodiscard]] Block allocate_sampled(std::size_t bytes, int flags) noexcept;

/// The tag must have been cleared. On failure the block is as it was, and null is returned.
[[nodiscard]] Block reallocate_sampled(void* block, std::size_t bytes) noexcept;

/// A small block is kept for a while: a second free of it finds it as the first left it, and its slab is not made anew each
/// time.
void release_sampled(void* block, std::size_t class_bytes) noexcept;

}  // namespace weir::host
