// Page-locked memory cannot be given back without waiting for all work: while there is some the pool keeps what is beyond
// its bound, and gives it back later.
//
// WEIR_DEVICE_IDLE_MAX=1M
// bare: no
// run with:
// run with: WEIR_DEVICE_FREE=deferred
#include <unistd.h>

#include "pinned.hpp"

int main() {
  alarm(20);
  start();
  CUstream stream;
  CUdeviceptr target;
  OK(cuMemAlloc(&target, 5000));
  OK(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING));
  void* held[8];
  for (void*& block : held) block = allocate(1 << 20, 0);
  if (!is_deferred())
    for (void* block : held) OK(cuMemFreeHost(block));
  simcuda_hold(stream);
  OK(cuMemsetD8Async(target, 1, 5000, stream));
  if (is_deferred())
    for (void* block : held) OK(cuMemFreeHost(block));
  void* more = allocate(2 << 20, 0);  // comes back
  simcuda_release(stream);
  OK(cuCtxSynchronize());
  leave_idle(more);
  leave_idle(allocate(3 << 20, 0));
  OK(cuCtxSynchronize());
  MUST(bytes() <= 1 << 20);
  return done();
}
