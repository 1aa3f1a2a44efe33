// A freed block serves the next request of its class, without the driver.
//
// bare: no
// run with:
// run with: WEIR_DEVICE_FREE=deferred
// run with: WEIR_RECORD=sampled
// expect report["spaces"]["device"]["live_blocks"] == 0
// expect report["spaces"]["device"]["allocated_blocks"] == 47
#include "device.hpp"

int main() {
  start();
  // The same size, and the same block.
  const CUdeviceptr first = allocate(1 << 20);
  OK(cuMemFree(first));
  OK(cuCtxSynchronize());
  MUST(allocations() == 1 && frees() == 0);
  MUST(allocate(1 << 20) == first);
  MUST(allocations() == 1);
  // Another size of the same class.
  OK(cuMemFree(first));
  OK(cuCtxSynchronize());
  MUST(allocate((1 << 20) - 4096) == first);
  MUST(allocations() == 1);
  // Never a block that is more than an eighth too large, nor one that is too small.
  OK(cuMemFree(first));
  OK(cuCtxSynchronize());
  const CUdeviceptr smaller = allocate(900 << 10), larger = allocate((1 << 20) + 1);
  MUST(smaller != first && larger != first && allocations() == 3);
  OK(cuMemFree(smaller));
  OK(cuMemFree(larger));
  // Last in, first out.
  CUdeviceptr many[8];
  for (CUdeviceptr& block : many) block = allocate(5000);
  for (const CUdeviceptr block : many) OK(cuMemFree(block));
  OK(cuCtxSynchronize());
  const unsigned long long before = allocations();
  for (int i = 7; i >= 0; --i) MUST(allocate(5000) == many[i]);
  MUST(allocations() == before);
  for (const CUdeviceptr block : many) OK(cuMemFree(block));
  // Aligned as the driver's.
  for (size_t bytes = 1; bytes <= (1 << 22); bytes *= 2)
    for (int i = 0; i < 2 - (bytes > 2); ++i) {
      const CUdeviceptr block = allocate(bytes);
      MUST(block % 512 == 0);
      OK(cuMemFree(block));
    }
  const CUdeviceptr whole = allocate(4 << 20);
  MUST(whole % (2 << 20) == 0);
  OK(cuMemFree(whole));
  OK(cuCtxSynchronize());
  // Nothing is asked of the pool that the driver refuses.
  CUdeviceptr none = 0;
  MUST(cuMemAlloc(&none, 0) == CUDA_ERROR_INVALID_VALUE && cuMemAlloc(nullptr, 1) == CUDA_ERROR_INVALID_VALUE);
  MUST(cuMemFree(0) == CUDA_SUCCESS);
  return done();
}
