// What the driver refuses is not recorded, and its answer is passed on; a block whose free failed stays. Frees after the
// driver's own end count as done.
// env WEIR_DEVICE_POOL=off
// env WEIR_PINNED_POOL=off
// run:
#include "../hooks.h"

static void (*fail)(const char*, unsigned long long, unsigned long long, CUresult, int);

static void next_fails(const char* function, CUresult error) { fail(function, 1, 1, error, 0); }

int main(void) {
  start(0);
  fail = dlsym(RTLD_DEFAULT, "simcuda_fail");
  MUST(fail != NULL);
  CUdeviceptr block, other = 5;
  CUmemGenericAllocationHandle handle;
  const CUmemAllocationProp wanted = {.type = CU_MEM_ALLOCATION_TYPE_PINNED,
                                      .location = {.type = CU_MEM_LOCATION_TYPE_DEVICE, .id = 0}};
  OK(cuMemAlloc_v2(&block, 1000));
  next_fails("cuMemAlloc_v2", CUDA_ERROR_OUT_OF_MEMORY);
  MUST(cuMemAlloc_v2(&other, 2000) == CUDA_ERROR_OUT_OF_MEMORY && other == 5);
  next_fails("cuMemFree_v2", CUDA_ERROR_LAUNCH_FAILED);
  MUST(cuMemFree_v2(block) == CUDA_ERROR_LAUNCH_FAILED);
  expect("plain.device.allocated_blocks", 1);
  expect("plain.device.live_bytes", 1000);
  expect("error.invalid.device", 0);
  expect("error.double.device", 0);

  OK(cuMemCreate(&handle, 2 << 20, &wanted, 0));
  next_fails("cuMemRelease", CUDA_ERROR_UNKNOWN);
  MUST(cuMemRelease(handle) == CUDA_ERROR_UNKNOWN);
  expect("physical.device.allocated_blocks", 1);
  OK(cuMemRelease(handle));
  expect("physical.device.live_blocks", 0);

  void* host;
  OK(cuMemHostAlloc(&host, 4096, 0));
  next_fails("cuMemFreeHost", CUDA_ERROR_DEINITIALIZED);
  MUST(cuMemFreeHost(host) == CUDA_ERROR_DEINITIALIZED);
  expect("plain.pinned.live_bytes", 0);
  next_fails("cuDevicePrimaryCtxReset_v2", CUDA_ERROR_UNKNOWN);
  MUST(cuDevicePrimaryCtxReset_v2(0) == CUDA_ERROR_UNKNOWN);
  expect("released.reset", 0);
  return 0;
}
