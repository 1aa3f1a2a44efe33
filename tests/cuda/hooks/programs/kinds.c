// Every kind of memory that needs no stream, allocated, freed and kept: all of it is recorded, in its space, by its kind.
// run:
#include "../hooks.h"

int main(void) {
  start(0);
  CUdeviceptr plain, kept, pitched, managed;
  size_t pitch;
  OK(cuMemAlloc_v2(&plain, 1000));
  OK(cuMemAlloc_v2(&kept, 3000));
  OK(cuMemFree_v2(plain));
  OK(cuMemAllocPitch_v2(&pitched, &pitch, 100, 7, 4));
  CUdeviceptr_v1 first_api;
  OK(cuMemAlloc(&first_api, 50));
  OK(cuMemFree(first_api));
  expect("plain.device.allocated_bytes", 1000 + 3000 + 700 + 50);
  expect("plain.device.live_bytes", 3000 + 700);
  expect("plain.device.freed_blocks", 2);

  OK(cuMemAllocManaged(&managed, 5000, CU_MEM_ATTACH_GLOBAL));
  expect("plain.managed.live_bytes", 5000);

  void *old_way, *flags, *gone;
  OK(cuMemAllocHost_v2(&old_way, 600));
  OK(cuMemHostAlloc(&flags, 60, CU_MEMHOSTALLOC_PORTABLE));
  OK(cuMemHostAlloc(&gone, 6, 0));
  OK(cuMemFreeHost(gone));
  expect("plain.pinned.live_bytes", 660);
  expect("plain.pinned.freed_blocks", 1);

  void *mine = aligned_alloc(4096, 8192), *also_mine = aligned_alloc(4096, 4096);
  OK(cuMemHostRegister_v2(mine, 8192, 0));
  OK(cuMemHostRegister_v2(also_mine, 4096, 0));
  OK(cuMemHostUnregister(also_mine));
  expect("registered.pinned.live_bytes", 8192);
  expect("registered.pinned.allocated_bytes", 8192 + 4096);

  CUarray flat, deep;
  CUmipmappedArray levels;
  const CUDA_ARRAY_DESCRIPTOR shape = {.Width = 64, .Height = 32, .Format = CU_AD_FORMAT_FLOAT, .NumChannels = 1};
  const CUDA_ARRAY3D_DESCRIPTOR cube = {.Width = 16, .Height = 16, .Depth = 16, .Format = CU_AD_FORMAT_UNSIGNED_INT8,
                                        .NumChannels = 1};
  OK(cuArrayCreate_v2(&flat, &shape));
  OK(cuArray3DCreate_v2(&deep, &cube));
  OK(cuMipmappedArrayCreate(&levels, &cube, 2));
  expect("array.device.allocated_bytes", 8192 + 4096 + 4096 + 512);
  OK(cuArrayDestroy(flat));
  OK(cuMipmappedArrayDestroy(levels));
  expect("array.device.live_bytes", 4096);

  CUdeviceptr untouched = 77;
  MUST(cuMemAlloc_v2(&untouched, 0) != CUDA_SUCCESS && untouched == 77);
  MUST(cuMemAlloc_v2(NULL, 4) != CUDA_SUCCESS);
  MUST(cuMemHostAlloc(NULL, 4, 0) != CUDA_SUCCESS);
  MUST(cuMemAllocPitch_v2(NULL, NULL, 4, 4, 4) != CUDA_SUCCESS);
  OK(cuMemFree_v2(0));
  cuMemGetInfo_v2(NULL, NULL);

  MUST(cuMemFree_v2(plain) != CUDA_SUCCESS);
  MUST(cuMemFree_v2(0xdead0000) != CUDA_SUCCESS);
  MUST(cuMemFreeHost(gone) != CUDA_SUCCESS);
  expect("error.double.device", 1);
  expect("error.invalid.device", 1);
  expect("error.double.pinned", 1);
  expect("devices", 1);
  expect("driver_version", 13000);
  expect("without_stack", 0);
  return 0;
}
