// What the pool keeps never costs the program an allocation that the driver alone would have granted.
//
// env SIMCUDA_MEMORY=512M
// env SIMCUDA_CONTEXT_BYTES=32M
// WEIR_DEVICE_IDLE_MAX=100%
// run with:
// run with: WEIR_DEVICE_FREE=deferred
// run with: WEIR_DEVICE_POOL=slab
// run with: WEIR_DEVICE_POOL=slab WEIR_DEVICE_FREE=deferred
// expect report["spaces"]["device"]["live_blocks"] == 0
#include <vector>

#include "device.hpp"

int main() {
  start();
  for (size_t bytes = 4 << 20; bytes <= (256 << 20); bytes *= 2) {
    std::vector<CUdeviceptr> all;
    CUdeviceptr block = 0;
    CUresult result;
    while ((result = cuMemAlloc(&block, bytes)) == CUDA_SUCCESS) all.push_back(block);
    std::printf("%zu of %zu MiB, then %d\n", all.size(), bytes >> 20, result);
    for (const CUdeviceptr it : all) OK(cuMemFree(it));
  }
  return done();
}
