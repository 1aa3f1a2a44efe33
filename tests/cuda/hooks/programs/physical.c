// Physical memory is live as long as a handle or a mapping holds it; a second handle and a second mapping hold it, too.
// run:
#include "../hooks.h"

static const CUmemAllocationProp kOnDevice = {.type = CU_MEM_ALLOCATION_TYPE_PINNED,
                                              .location = {.type = CU_MEM_LOCATION_TYPE_DEVICE, .id = 0}};

int main(void) {
  start(0);
  size_t unit;
  OK(cuMemGetAllocationGranularity(&unit, &kOnDevice, CU_MEM_ALLOC_GRANULARITY_MINIMUM));
  CUmemGenericAllocationHandle kept, mapped, both, again, released;
  CUdeviceptr at;
  OK(cuMemAddressReserve(&at, 8 * unit, 0, 0, 0));

  OK(cuMemCreate(&released, unit, &kOnDevice, 0));
  OK(cuMemRelease(released));
  OK(cuMemCreate(&kept, unit, &kOnDevice, 0));  // by its handle

  OK(cuMemCreate(&mapped, 2 * unit, &kOnDevice, 0));  // by its mapping
  OK(cuMemMap(at, 2 * unit, 0, mapped, 0));
  OK(cuMemRelease(mapped));

  OK(cuMemCreate(&both, unit, &kOnDevice, 0));  // by nothing, at last
  OK(cuMemMap(at + 2 * unit, unit, 0, both, 0));
  OK(cuMemRelease(both));
  OK(cuMemRetainAllocationHandle(&again, (void*)(at + 2 * unit)));
  OK(cuMemUnmap(at + 2 * unit, unit));
  expect("physical.device.allocated_bytes", 5 * (long long)unit);
  OK(cuMemRelease(again));
  expect("physical.device.live_bytes", 3 * (long long)unit);
  expect("physical.device.freed_blocks", 2);

  MUST(cuMemRelease(released) != CUDA_SUCCESS);
  MUST(cuMemCreate(NULL, unit, &kOnDevice, 0) != CUDA_SUCCESS);
  return 0;
}
