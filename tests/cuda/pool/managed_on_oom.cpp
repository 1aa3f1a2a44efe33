// Managed memory serves what the device has no room for, after the pool has given back all it can, and only that. Without it
// the program gets the driver's code.
//
// env SIMCUDA_MEMORY=256M
// env SIMCUDA_CONTEXT_BYTES=32M
// run with: WEIR_DEVICE_AS=managed-on-oom
// run with: WEIR_DEVICE_AS=managed-on-oom WEIR_DEVICE_POOL=off
// run with: WEIR_DEVICE_AS=managed-on-oom WEIR_DEVICE_FREE=deferred
// run with: WEIR_DEVICE_AS=managed-on-oom WEIR_DEVICE_LIMIT=224M SIMCUDA_MEMORY=1G
// bare: no
// expect live_in("managed", "main") == (0, 0)
// expect total_in("managed", "main") == (150 << 20, 1)
// expect live_in("device", "main") == (0, 0)
// expect [it["times"] for it in report["out_of_memory"]] == [1]
#include "device.hpp"

int main() {
  start();
  constexpr size_t kMiB = 1 << 20;
  const CUdeviceptr large = allocate(150 * kMiB);
  OK(cuMemFree(large));
  const CUdeviceptr first = allocate(100 * kMiB), second = allocate(100 * kMiB);  // once the large one is given back
  MUST(simcuda_calls("cuMemAllocManaged") == 0);
  const CUdeviceptr third = allocate(150 * kMiB);
  unsigned value = 7;
  OK(cuPointerGetAttribute(&value, CU_POINTER_ATTRIBUTE_IS_MANAGED, third));
  MUST(value == 1 && simcuda_live_bytes(0, SIMCUDA_MANAGED) == 150 * kMiB);
  simcuda_fail("cuMemAllocManaged", 1, 1, CUDA_ERROR_OUT_OF_MEMORY, 0);
  CUdeviceptr fourth = 7;
  MUST(cuMemAlloc(&fourth, 150 * kMiB) == CUDA_ERROR_OUT_OF_MEMORY && fourth == 7);
  OK(cuMemFree(third));
  MUST(simcuda_live_blocks(0, SIMCUDA_MANAGED) == 0);
  OK(cuMemFree(second));
  OK(cuMemFree(first));
  return done();
}
