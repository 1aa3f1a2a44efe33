#include "core/engine/foreign.hpp"

#include <dlfcn.h>

#include <type_traits>

#include "core/base/old_glibc.hpp"
#include "core/engine/state.hpp"

// glibc's own allocator, under the names that it keeps for those who replace it.
extern "C" {
void* __libc_malloc(std::size_t bytes);
void* __libc_calloc(std::size_t count, std::size_t each);
void* __libc_memalign(std::size_t align, std::size_t bytes);
void* __libc_realloc(void* block, std::size_t bytes);
void __libc_free(void* block);
}

namespace weir::engine {
namespace {

struct Allocator {
  void* (*malloc)(std::size_t);
  void* (*calloc)(std::size_t, std::size_t);
  void* (*memalign)(std::size_t, std::size_t);
  void* (*realloc)(void*, std::size_t);
  void (*free)(void*);
  std::size_t (*usable_size)(void*);
};
constinit Allocator g_next{__libc_malloc,  __libc_calloc, __libc_memalign,
                           __libc_realloc, __libc_free,   nullptr};

template <class Function>
bool find(Function*& out, const char* name) noexcept {
  out = reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
  return out != nullptr;
}

}  // namespace

void find_next_allocator() noexcept {
  Allocator found{};
  const bool whole = find(found.malloc, "malloc") && find(found.calloc, "calloc") &&
                     find(found.memalign, "memalign") && find(found.realloc, "realloc") &&
                     find(found.free, "free");
  find(found.usable_size, "malloc_usable_size");
  if (whole) g_next = found;
  // glibc's sets itself up at its first call, and bears no two at once: it takes for granted that the first thread makes it.
  __libc_free(__libc_malloc(1));
}

void find_allocator_of(const link_map& runtime) noexcept {
  Allocator found{};
  const auto take = [&](auto*& out, const char* name) {
    out = reinterpret_cast<std::remove_reference_t<decltype(out)>>(platform::function_of(runtime, name));
    return out != nullptr;
  };
  const bool whole = take(found.malloc, "malloc") && take(found.calloc, "calloc") &&
                     take(found.memalign, "memalign") && take(found.realloc, "realloc") &&
                     take(found.free, "free");
  take(found.usable_size, "malloc_usable_size");
  if (whole) g_next = found;
}

void* aside_malloc(std::size_t bytes) noexcept { return g_next.malloc(bytes); }
void* aside_calloc(std::size_t bytes) noexcept { return g_next.calloc(1, bytes); }
void* aside_memalign(std::size_t align, std::size_t bytes) noexcept { return g_next.memalign(align, bytes); }
void* aside_realloc(void* block, std::size_t bytes) noexcept { return g_next.realloc(block, bytes); }
void aside_free(void* block) noexcept { g_next.free(block); }

// No allocator bears to be interrupted by a handler that allocates from it, and handlers that interrupt weir do: so signals
// wait.

void* next_malloc(std::size_t bytes) noexcept {
  const platform::SignalsHeld held;
  return g_next.malloc(bytes);
}
void* next_calloc(std::size_t bytes) noexcept {
  const platform::SignalsHeld held;
  return g_next.calloc(1, bytes);
}
void* next_memalign(std::size_t align, std::size_t bytes) noexcept {
  const platform::SignalsHeld held;
  return g_next.memalign(align, bytes);
}

void free_foreign(void* block) noexcept {
  if (g_map.exists() && load_relaxed(g_guard->generation) != 0) add_shared(losses().foreign_frees, 1);
  const platform::SignalsHeld held;
  g_next.free(block);
}

void* realloc_foreign(void* block, std::size_t bytes) noexcept {
  const platform::SignalsHeld held;
  return g_next.realloc(block, bytes);
}

std::size_t usable_size_foreign(void* block) noexcept {
  return g_next.usable_size != nullptr ? g_next.usable_size(block) : 0;
}

}  // namespace weir::engine
