// A device whose managed memory host and device cannot use at the same time gets none in device memory's place, and no advice:
// the user is told once.
//
// run with: WEIR_DEVICE_AS=managed WEIR_MANAGED_ADVISE=read_mostly WEIR_MANAGED_PREFETCH=aggressive
// run with: WEIR_DEVICE_AS=managed-on-oom SIMCUDA_MEMORY=128M
// bare: no
// expect stderr.count("weir: device memory is not made managed: device 0 has none that host and device can use at the same time\n") == 1
// expect total_in("managed", "main")[1] == 1
#include "device.hpp"

int main() {
  start();
  simcuda_fail("cuDeviceGetAttribute", 1, 1000, CUDA_ERROR_INVALID_VALUE, 0);
  CUdeviceptr block = 0;
  CUresult result = CUDA_SUCCESS;
  for (int i = 0; i != 3; ++i) {
    result = cuMemAlloc(&block, size_t{100} << 20);
    if (result != CUDA_SUCCESS) break;
    OK(cuMemFree(block));
  }
  const bool is_small = std::getenv("SIMCUDA_MEMORY") != nullptr;
  MUST(result == (is_small ? CUDA_ERROR_OUT_OF_MEMORY : CUDA_SUCCESS));
  MUST(simcuda_calls("cuMemAllocManaged") == 0);
  OK(cuMemAllocManaged(&block, 100, CU_MEM_ATTACH_GLOBAL));
  MUST(simcuda_calls("cuMemAdvise") == 0 && simcuda_calls("cuMemPrefetchAsync") == 0);
  OK(cuMemFree(block));
  return done();
}
