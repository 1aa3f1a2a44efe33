// A thread ends: jemalloc flushes and unlinks its cache, in a destructor of thread-specific data. A signal handler that
// allocates meanwhile would wait for a lock that this thread has, or link the cache in again, to an arena that then keeps
// an address in a thread that is no more. So the cache is switched off before, with handlers kept out; what the thread
// allocates afterwards has none.
#include "core/engine/thread_state.hpp"
#include "core/host/host.hpp"

extern "C" {
// The linker leads jemalloc's call, the first of its end of a thread that takes a lock, to the second (src/CMakeLists.txt).
[[gnu::weak]] void __real_je_iarena_cleanup(void* thread) noexcept;
void __wrap_je_iarena_cleanup(void* thread) noexcept;

void __wrap_je_iarena_cleanup(void* thread) noexcept {
  const weir::engine::KeepOut keep_out;
  bool is_on = false;
  (void)weir_je_mallctl("thread.tcache.enabled", nullptr, nullptr, &is_on, sizeof(is_on));
  __real_je_iarena_cleanup(thread);
}
}
