#include "core/engine/foreign.hpp"

#include <dlfcn.h>

#include "core/engine/state.hpp"

// glibc's own allocator, under the names that it keeps for those who replace it.
extern "C" {
void* __libc_realloc(void* block, std::size_t bytes);
void __libc_free(void* block);
}

namespace weir::engine {

void free_foreign(void* block) noexcept {
  if (g_map.exists()) add_shared(losses().foreign_frees, 1);
  __libc_free(block);
}

void* realloc_foreign(void* block, std::size_t bytes) noexcept { return __libc_realloc(block, bytes); }

std::size_t usable_size_foreign(void* block) noexcept {
  using UsableSize = std::size_t(void*);
  static constinit UsableSize* real = nullptr;
  if (real == nullptr) real = reinterpret_cast<UsableSize*>(dlsym(RTLD_NEXT, "malloc_usable_size"));
  return real != nullptr ? real(block) : 0;
}

}  // namespace weir::engine
