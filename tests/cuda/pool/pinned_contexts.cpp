// A context takes its pinned memory along, whatever its flags; no other context gets that, and one that comes back begins
// anew. A thread may free what another context has allocated.
//
// env SIMCUDA_DEVICES=2
// bare: no
// run with:
// run with: WEIR_DEVICE_FREE=deferred
// expect live_in("pinned", "main") == (0, 0)
// expect not report["errors"]
#include <thread>

#include "pinned.hpp"

int main() {
  const CUcontext primary = start(0);
  const CUcontext second = make_context(0), other = make_context(1);
  OK(cuCtxSetCurrent(primary));
  void* of_primary = allocate(1 << 20, CU_MEMHOSTALLOC_PORTABLE);
  leave_idle(of_primary);
  OK(cuCtxSetCurrent(second));
  void* of_second = allocate(1 << 20, CU_MEMHOSTALLOC_PORTABLE);
  MUST(of_second != of_primary && blocks() == 2);

  // A thread that has no context is answered by the driver, and the block stays the program's.
  std::thread{[=] { MUST(cuMemFreeHost(of_second) == CUDA_ERROR_INVALID_CONTEXT); }}.join();

  // Freed in another context, of another device: it is the owner's again.
  OK(cuCtxSetCurrent(other));
  OK(cuMemFreeHost(of_second));
  MUST(allocate(1 << 20, CU_MEMHOSTALLOC_PORTABLE) != of_second);
  OK(cuCtxSetCurrent(second));
  OK(cuCtxSynchronize());
  MUST(allocate(1 << 20, CU_MEMHOSTALLOC_PORTABLE) == of_second && blocks() == 3);
  OK(cuMemFreeHost(of_second));
  void* plain = allocate_plain(2 << 20);
  OK(cuMemFreeHost(plain));

  // The end of a context takes all of its memory along.
  OK(cuCtxDestroy(second));
  MUST(blocks() == 2);
  const CUcontext third = make_context(0);
  OK(cuCtxSetCurrent(third));
  const unsigned long long before = allocations();
  void* fresh = allocate_plain(2 << 20);
  std::memset(fresh, 1, 2 << 20);
  MUST(allocations() == before + 1);
  leave_idle(fresh);
  MUST(allocate_plain(2 << 20) == fresh && allocations() == before + 1);
  OK(cuMemFreeHost(fresh));
  OK(cuCtxDestroy(third));

  // An end that the driver refuses changes nothing; neither does a release that is not the last.
  OK(cuCtxSetCurrent(primary));
  simcuda_fail("cuDevicePrimaryCtxReset", 1, 1, CUDA_ERROR_UNKNOWN, 0);
  MUST(cuDevicePrimaryCtxReset(0) == CUDA_ERROR_UNKNOWN);
  CUcontext again;
  OK(cuDevicePrimaryCtxRetain(&again, 0));
  OK(cuDevicePrimaryCtxRelease(0));
  MUST(allocate(1 << 20, CU_MEMHOSTALLOC_PORTABLE) == of_primary);
  OK(cuMemFreeHost(of_primary));

  // A primary context comes back with the handle that it had.
  for (int life = 0; life < 3; ++life) {
    OK(cuDevicePrimaryCtxReset(0));
    MUST(blocks() == 1);
    OK(cuDevicePrimaryCtxRetain(&again, 0));
    MUST(again == primary);
    OK(cuCtxSetCurrent(again));
    const unsigned long long calls = allocations();
    void* block = allocate(1 << 20, CU_MEMHOSTALLOC_PORTABLE);
    std::memset(block, 1, 1 << 20);
    MUST(allocations() == calls + 1);
    leave_idle(block);
    MUST(allocate(1 << 20, CU_MEMHOSTALLOC_PORTABLE) == block && allocations() == calls + 1);
    OK(cuMemFreeHost(block));
  }
  OK(cuDevicePrimaryCtxReset(0));

  // What a dead context had is not there any more.
  OK(cuCtxSetCurrent(other));
  MUST(blocks() == 1);
  OK(cuCtxDestroy(other));
  MUST(blocks() == 0);
  return done();
}
