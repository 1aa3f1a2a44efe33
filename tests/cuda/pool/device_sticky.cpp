// A context that a kernel has broken says so in the free, and in everything after.
//
// run with:
// run with: WEIR_DEVICE_POOL=slab
// expect report["spaces"]["device"]["live_blocks"] == 0
#include "device.hpp"

int main() {
  start();
  const CUdeviceptr first = allocate(1 << 20), second = allocate(1 << 20), third = allocate(4096);
  OK(cuMemFree(third));
  simcuda_break_context(CUDA_ERROR_ILLEGAL_ADDRESS);
  std::printf("free: %d\n", cuMemFree(first));
  CUdeviceptr next = 0;
  std::printf("allocate: %d\n", cuMemAlloc(&next, 4096));
  std::printf("free: %d\n", cuMemFree(second));
  std::printf("reset: %d\n", cuDevicePrimaryCtxReset(0));
  OK(cuCtxSetCurrent(nullptr));
  start();
  const CUdeviceptr fresh = allocate(4096);
  std::printf("after the reset: %d\n", cuMemFree(fresh));
  return done();
}
