// A block that is freed by the function for other memory stays, and the misuse is told; after the end of its context a block is
// free already.
// run:
#include "../hooks.h"

int main(void) {
  CUcontext first = start(0), own;
  CUdeviceptr device, managed;
  void* pinned;
  OK(cuMemAlloc_v2(&device, 100));
  OK(cuMemAllocManaged(&managed, 200, CU_MEM_ATTACH_GLOBAL));
  OK(cuMemHostAlloc(&pinned, 300, 0));
  MUST(cuMemFreeHost((void*)device) != CUDA_SUCCESS);
  MUST(cuMemFreeHost((void*)managed) != CUDA_SUCCESS);
  MUST(cuMemFree_v2((CUdeviceptr)pinned) != CUDA_SUCCESS);
  expect("error.mismatched.device", 1);
  expect("error.mismatched.managed", 1);
  expect("error.mismatched.pinned", 1);
  OK(cuMemFree_v2(device));
  OK(cuMemFree_v2(managed));
  OK(cuMemFreeHost(pinned));

  OK(cuCtxCreate_v2(&own, 0, 0));
  OK(cuMemAlloc_v2(&device, 400));
  OK(cuCtxDestroy_v2(own));
  OK(cuCtxSetCurrent(first));
  MUST(cuMemFree_v2(device) != CUDA_SUCCESS);
  expect("error.double.device", 1);
  expect("error.invalid.device", 0);
  expect("device.live_blocks", 0);
  return 0;
}
