// jemalloc gives a thread an arena of its own at its first call, or one that others have, too. Where no memory for a new one
// can be had it gives none, and its start of the thread's cache then reads through a null pointer (5.3). The first
// arena, which is always there, serves such a thread.
#include <cstddef>

#include "core/base/tally.hpp"
#include "core/host/jemalloc_api.hpp"

extern "C" {
// The linker leads calls of je_arena_choose_hard to the first and finds jemalloc's function as the second (src/CMakeLists.txt).
[[gnu::weak]] void* __real_je_arena_choose_hard(void* thread, bool internal) noexcept;
void* __wrap_je_arena_choose_hard(void* thread, bool internal) noexcept;

void* __wrap_je_arena_choose_hard(void* thread, bool internal) noexcept {
  void* arena = __real_je_arena_choose_hard(thread, internal);
  return arena != nullptr ? arena : weir::load_acquire(je_arenas[0]);
}
}
