// Idle pinned memory stays within its bound, whatever its flags and contexts.
//
// WEIR_DEVICE_IDLE_MAX=8M
// bare: no
// run with:
// run with: WEIR_DEVICE_FREE=deferred
// expect live_in("pinned", "main") == (0, 0)
#include "pinned.hpp"

constexpr unsigned long long kMost = 8 << 20;

static void fill_with(unsigned flags) {
  void* block[8];
  unsigned long long live = 0;
  const unsigned long long before = bytes();
  for (int i = 0; i < 8; ++i) live += (1 << 20) + i * (1 << 18), block[i] = allocate((1 << 20) + i * (1 << 18), flags);
  for (int i = 0; i < 8; ++i) {
    live -= (1 << 20) + i * (1 << 18);
    leave_idle(block[i]);
    MUST(bytes() <= kMost + live);
  }
}

int main() {
  const CUcontext first = start();
  for (const unsigned flags : {0U, 1U, 4U}) fill_with(flags);
  MUST(bytes() > kMost / 2);
  if (!is_deferred()) {
    const CUcontext second = make_context(0);
    for (const CUcontext context : {second, first, second}) {
      OK(cuCtxSetCurrent(context));
      for (const unsigned flags : {0U, 1U, 4U}) fill_with(flags);
    }
  }
  // What is larger than the bound is not kept.
  leave_idle(allocate(64 << 20));
  MUST(bytes() <= kMost);
  return done();
}
