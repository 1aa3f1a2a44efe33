// Blocks of sampled mode: which are recorded, and what is done with those that are. The engine's own.
#pragma once

#include <cstddef>

#include "core/engine/engine.hpp"

namespace weir::engine {

/// Before the first allocation is answered. False: no address range for recorded blocks.
[[nodiscard]] bool begin_sampling() noexcept;

/// The calling thread draws anew: in a forked child, which must not go on where its parent does.
void forget_draw() noexcept;
/// In a forked child: its threads draw other numbers than the parent's.
void reseed_child() noexcept;

[[nodiscard]] void* sampled_alloc(std::size_t bytes, Caller caller) noexcept;
[[nodiscard]] void* sampled_alloc_zeroed(std::size_t bytes, Caller caller) noexcept;
[[nodiscard]] void* sampled_alloc_aligned(std::size_t bytes, std::size_t align, Caller caller) noexcept;
[[nodiscard]] void* sampled_realloc(void* block, std::size_t bytes, Caller caller) noexcept;
void sampled_free(void* block, Caller caller) noexcept;
void sampled_free_sized(void* block, std::size_t bytes, Caller caller) noexcept;
/// Of a block in the sampled range.
[[nodiscard]] std::size_t sampled_usable_size(void* block) noexcept;

}  // namespace weir::engine
