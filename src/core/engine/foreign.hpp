// Blocks that another allocator made, and the allocator that would be the program's without us: glibc's, or the one that a
// library of the program brings. The engine's own.
#pragma once

#include <cstddef>

struct link_map;

namespace weir::engine {

/// Finds the next allocator. At start; until then it is glibc's.
void find_next_allocator() noexcept;

[[nodiscard]] void* next_malloc(std::size_t bytes) noexcept;
[[nodiscard]] void* next_calloc(std::size_t bytes) noexcept;
[[nodiscard]] void* next_memalign(std::size_t align, std::size_t bytes) noexcept;

void free_foreign(void* block) noexcept;
[[nodiscard]] void* realloc_foreign(void* block, std::size_t bytes) noexcept;
/// For good: the allocator of a sanitizer's runtime, whose functions aside_*() are. Once, while there is one thread.
void find_allocator_of(const link_map& runtime) noexcept;
[[nodiscard]] void* aside_malloc(std::size_t bytes) noexcept;
[[nodiscard]] void* aside_calloc(std::size_t bytes) noexcept;
[[nodiscard]] void* aside_memalign(std::size_t align, std::size_t bytes) noexcept;
[[nodiscard]] void* aside_realloc(void* block, std::size_t bytes) noexcept;
void aside_free(void* block) noexcept;

/// 0: unknown.
[[nodiscard]] std::size_t usable_size_foreign(void* block) noexcept;

}  // namespace weir::engine
