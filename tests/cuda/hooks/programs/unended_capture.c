// A capture whose stream is destroyed is over, though nobody ended it: weir asks the driver again how much is used.
// run:
#include "../hooks.h"

int main(void) {
  unsigned long long (*calls)(const char*) = dlsym(RTLD_DEFAULT, "simcuda_calls");
  CUcontext own;
  CUstream stream;
  CUdeviceptr block;
  OK(cuInit(0));
  OK(cuCtxCreate_v2(&own, 0, 0));
  OK(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING));
  OK(cuStreamBeginCapture_v2(stream, CU_STREAM_CAPTURE_MODE_RELAXED));
  OK(cuMemAlloc_v2(&block, 100));
  MUST(calls("cuMemGetInfo_v2") == 0);
  OK(cuStreamDestroy_v2(stream));
  OK(cuMemAlloc_v2(&block, 100));
  expect("device0.looks", 1);
  return 0;
}
