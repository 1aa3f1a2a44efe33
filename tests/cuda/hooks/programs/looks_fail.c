// That the driver once did not say how much is used does not end the looks: weir asks again later.
// run:
#include "../hooks.h"

int main(void) {
  start(0);
  const int under_weir = strstr(getenv("LD_PRELOAD"), "libweir") != NULL;
  void (*fail)(const char*, unsigned long long, unsigned long long, CUresult, int) = dlsym(RTLD_DEFAULT, "simcuda_fail");
  unsigned long long (*calls)(const char*) = dlsym(RTLD_DEFAULT, "simcuda_calls");
  CUdeviceptr block;
  fail("cuMemGetInfo_v2", 1, 1, CUDA_ERROR_UNKNOWN, 0);
  OK(cuMemAlloc_v2(&block, 100));
  for (int i = 0; under_weir && i != 3000 && calls("cuMemGetInfo_v2") < 2; ++i) {
    OK(cuMemFree_v2(block));
    OK(cuMemAlloc_v2(&block, 100));
    usleep(10000);
  }
  expect("device0.looks", 1);
  return 0;
}
