// With WEIR_DEVICE_LIMIT the device has that size, wherever the program asks, and what is free goes by what the program has.
// Null pointers are as the driver takes them; the first API's numbers are of 32 bits.
//
// env SIMCUDA_MEMORY=16G
// env SIMCUDA_CONTEXT_BYTES=64M
// run with: WEIR_DEVICE_LIMIT=6G
// run with: WEIR_DEVICE_LIMIT=6G WEIR_DEVICE_FREE=deferred
// run with: WEIR_DEVICE_LIMIT=6G WEIR_DEVICE_POOL=off
// bare: no
// expect report["devices"][0]["total_bytes"] == 16 << 30
// expect report["devices"][0]["highest"]["used_bytes"] >= 3000 << 20
#include "device.hpp"

// The first API's functions; the header has their names for the newest.
#undef cuMemGetInfo
#undef cuDeviceTotalMem
extern "C" CUresult cuMemGetInfo(unsigned* free, unsigned* total);
extern "C" CUresult cuDeviceTotalMem(unsigned* bytes, CUdevice device);

int main() {
  constexpr size_t kLimit = size_t{6} << 30, kMiB = 1 << 20;
  OK(cuInit(0));
  size_t total = 0, free = 0;
  unsigned total_v1 = 0, free_v1 = 0;
  OK(cuDeviceTotalMem_v2(&total, 0));
  OK(cuDeviceTotalMem(&total_v1, 0));
  MUST(total == kLimit && total_v1 == ~0U);
  CUcontext context;
  OK(cuDevicePrimaryCtxRetain(&context, 0));
  OK(cuCtxSetCurrent(context));
  OK(cuMemGetInfo_v2(&free, &total));
  MUST(total == kLimit && free == kLimit);
  CUdeviceptr block;
  OK(cuMemAlloc_v2(&block, 3000 * kMiB + 5));
  OK(cuMemGetInfo_v2(&free, &total));
  MUST(total == kLimit && free == kLimit - 3000 * kMiB - 5);
  free = total = 7;
  OK(cuMemGetInfo_v2(&free, nullptr));
  OK(cuMemGetInfo_v2(nullptr, &total));
  OK(cuMemGetInfo_v2(nullptr, nullptr));
  MUST(total == kLimit && free == kLimit - 3000 * kMiB - 5);
  OK(cuMemGetInfo(&free_v1, &total_v1));
  MUST(total_v1 == ~0U && free_v1 == kLimit - 3000 * kMiB - 5);
  OK(cuMemFree_v2(block));
  OK(cuMemGetInfo_v2(&free, &total));
  MUST(free == kLimit);
  free = total = 7;
  simcuda_fail("cuMemGetInfo_v2", 1, 1, CUDA_ERROR_UNKNOWN, 0);
  MUST(cuMemGetInfo_v2(&free, &total) == CUDA_ERROR_UNKNOWN && free == 7 && total == 7);
  return 0;
}
