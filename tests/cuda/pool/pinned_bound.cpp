// Idle pinned memory stays within its bound when a call returns, whatever its flags and contexts.
//
// WEIR_DEVICE_IDLE_MAX=8M
// bare: no
// run with:
// run with: WEIR_DEVICE_FREE=deferred
// expect live_in("pinned", "main") == (0, 0)
#include "pinned.hpp"

int main() {
  const CUcontext primary = start();
  const CUcontext second = make_context(0);
  void* block[8];
  for (const CUcontext context : {primary, second}) {
    OK(cuCtxSetCurrent(context));
    for (const unsigned flags : {0U, 1U, 4U}) {
      for (int i = 0; i < 8; ++i) block[i] = allocate((1 << 20) + i * (1 << 18), flags);
      for (void* it : block) {
        OK(cuMemFreeHost(it));
        OK(cuCtxSynchronize());
        if (!is_deferred()) MUST(bytes() <= (8 << 20) + (22 << 20));
      }
      // In deferred mode a request is what finds out; then the same holds.
      void* probe = allocate(1 << 20, flags);
      OK(cuMemFreeHost(probe));
      OK(cuCtxSynchronize());
      if (!is_deferred()) MUST(bytes() <= 8 << 20);
    }
  }
  if (is_deferred()) {  // all is proven by now, but for the newest free
    void* probe = allocate(1 << 20, 4);
    MUST(bytes() <= (8 << 20) + (3 << 20) + (2 << 20));
    OK(cuMemFreeHost(probe));
  }
  // More than the bound is never kept.
  void* large = allocate(64 << 20);
  OK(cuMemFreeHost(large));
  OK(cuCtxSynchronize());
  if (!is_deferred()) MUST(bytes() <= 8 << 20);
  return done();
}
