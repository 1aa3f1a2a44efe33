// Blocks that another allocator made: glibc's, from before weir was there or from code bound to glibc itself.
// The engine's own.
#pragma once

#include <cstddef>

namespace weir::engine {

void free_foreign(void* block) noexcept;
[[nodiscard]] void* realloc_foreign(void* block, std::size_t bytes) noexcept;
[[nodiscard]] std::size_t usable_size_foreign(void* block) noexcept;

}  // namespace weir::engine
