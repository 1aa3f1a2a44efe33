// A free in a thread whose own context was destroyed frees nothing of another one: the block is still the program's, in the books
// as for the driver.
//
// run with:
// run with: WEIR_DEVICE_POOL=slab
// run with: WEIR_DEVICE_POOL=off
// expect report["spaces"]["device"]["live_blocks"] == 1
// expect report["spaces"]["device"]["live_bytes"] == 1 << 20
#include <thread>

#include "device.hpp"

int main() {
  OK(cuInit(0));
  CUcontext home, away;
  OK(cuCtxCreate(&home, nullptr, 0, 0));
  const CUdeviceptr block = allocate(1 << 20), lost = allocate(3 << 20);
  OK(cuCtxCreate(&away, nullptr, 0, 0));
  std::thread{[=] { OK(cuCtxDestroy(away)); }}.join();
  MUST(cuMemFree(block) == CUDA_ERROR_CONTEXT_IS_DESTROYED);
  MUST(cuMemFree(lost) == CUDA_ERROR_CONTEXT_IS_DESTROYED);
  OK(cuCtxSetCurrent(home));
  OK(cuMemFree(lost));
  OK(cuCtxSynchronize());
  return done();
}
