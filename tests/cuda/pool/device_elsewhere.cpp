// A block may be freed by a thread that has another context than the block's, or none: that is as it was.
//
// env SIMCUDA_DEVICES=2
// run with:
// run with: WEIR_DEVICE_FREE=deferred
// run with: WEIR_DEVICE_POOL=slab
// run with: WEIR_DEVICE_POOL=slab WEIR_DEVICE_FREE=deferred
// expect report["spaces"]["device"]["live_blocks"] == 0
// expect [error["kind"] for error in report["errors"]] == ["double_free"]
#include <thread>

#include "device.hpp"

int main() {
  const CUcontext first = start(0), second = start(1);
  OK(cuCtxSetCurrent(first));
  const CUdeviceptr block = allocate(1 << 20);
  OK(cuCtxSetCurrent(second));
  std::printf("freed under another device's context: %d\n", cuMemFree(block));
  std::printf("again: %d\n", cuMemFree(block));

  OK(cuCtxSetCurrent(first));
  const CUdeviceptr lonely = allocate(1 << 20);
  CUresult result;
  std::thread{[&] { result = cuMemFree(lonely); }}.join();
  if (result == CUDA_ERROR_INVALID_CONTEXT) result = cuMemFree(lonely);
  std::printf("freed by a thread that has no context, or then: %d\n", result);
  return done();
}
