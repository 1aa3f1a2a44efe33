// What goes with its context: at the last release of a primary context, a reset, the end of a context of the program.
// env SIMCUDA_DEVICES=2
// run:
#include "../hooks.h"

int main(void) {
  CUcontext context = start(0), own, again;
  CUdeviceptr block;
  OK(cuDevicePrimaryCtxRetain(&again, 0));
  OK(cuMemAlloc_v2(&block, 100));
  OK(cuDevicePrimaryCtxRelease_v2(0));  // not the last: nothing goes
  OK(cuMemFree_v2(block));
  expect("device0.device.freed_blocks", 3);

  OK(cuMemAlloc_v2(&block, 200));
  OK(cuDevicePrimaryCtxReset_v2(0));
  expect("released.reset", 1);

  OK(cuDevicePrimaryCtxRetain(&context, 0));
  OK(cuCtxSetCurrent(context));
  OK(cuMemAlloc_v2(&block, 300));
  while (cuDevicePrimaryCtxRelease_v2(0) == CUDA_SUCCESS) {
    unsigned flags;
    int active;
    OK(cuDevicePrimaryCtxGetState(0, &flags, &active));
    if (!active) break;
  }

  OK(cuCtxCreate_v2(&own, 0, 1));
  OK(cuMemAlloc_v2(&block, 400));
  void* host;
  OK(cuMemHostAlloc(&host, 40, 0));
  OK(cuCtxDestroy_v2(own));
  expect("released.context", 3);
  expect("device.live_blocks", 0);
  expect("pinned.live_blocks", 0);
  expect("device1.device.allocated_bytes", 400);
  return 0;
}
