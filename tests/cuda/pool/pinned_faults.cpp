// What the driver refuses while the pool is at work: the program gets the driver's codes, keeps what it has, and nothing is
// lost.
//
// bare: no
// expect live_in("pinned", "main") == (0, 0)
// expect not report["errors"]
#include <thread>

#include "pinned.hpp"

int main() {
  const CUcontext context = start();
  void* block = allocate(1 << 20);
  // Fresh memory fails: the driver's code, and the out-parameter is untouched.
  void* out = reinterpret_cast<void*>(0x123);
  simcuda_fail("cuMemHostAlloc", 1, 1, CUDA_ERROR_NOT_PERMITTED, 0);
  MUST(cuMemHostAlloc(&out, 5 << 20, 0) == CUDA_ERROR_NOT_PERMITTED && out == reinterpret_cast<void*>(0x123));
  simcuda_fail("cuMemHostAlloc", 1, ~0ULL, CUDA_ERROR_OUT_OF_MEMORY, 0);
  MUST(cuMemHostAlloc(&out, 5 << 20, 0) == CUDA_ERROR_OUT_OF_MEMORY && out == reinterpret_cast<void*>(0x123));
  simcuda_forget_orders();

  // The wait fails: the block is the driver's to free, and really gone.
  const unsigned long long freed = frees();
  simcuda_fail("cuCtxSynchronize", 1, 1, CUDA_ERROR_NOT_PERMITTED, 0);
  OK(cuMemFreeHost(block));
  MUST(frees() == freed + 1 && blocks() == 0);

  // … and when that fails, too, it is the program's still.
  block = allocate(1 << 20);
  simcuda_fail("cuCtxSynchronize", 1, 1, CUDA_ERROR_NOT_PERMITTED, 0);
  simcuda_fail("cuMemFreeHost", 1, 1, CUDA_ERROR_SYSTEM_NOT_READY, 0);
  MUST(cuMemFreeHost(block) == CUDA_ERROR_SYSTEM_NOT_READY && blocks() == 1);
  std::memset(block, 1, 1 << 20);
  OK(cuMemFreeHost(block));
  MUST(blocks() == 1 && allocate(1 << 20) == block);
  OK(cuMemFreeHost(block));

  // Out of memory: what is idle is given back, and the request is served.
  for (int i = 0; i < 4; ++i) leave_idle(allocate((3 << 20) + i * (2 << 20)));
  MUST(blocks() > 1);
  simcuda_fail("cuMemHostAlloc", 1, 1, CUDA_ERROR_OUT_OF_MEMORY, 0);
  void* large = allocate(40 << 20);
  OK(cuMemFreeHost(large));

  // A thread that has no context is answered by the driver.
  block = allocate(6000);
  std::thread{[=] {
    MUST(cuMemFreeHost(block) == CUDA_ERROR_INVALID_CONTEXT);
    OK(cuCtxSetCurrent(context));
    OK(cuMemFreeHost(block));
  }}.join();
  OK(cuCtxSynchronize());
  MUST(allocate(6000) == block);
  OK(cuMemFreeHost(block));
  return done();
}
