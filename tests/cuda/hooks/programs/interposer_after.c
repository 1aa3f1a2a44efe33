// Another interposer behind weir finds the driver by RTLD_NEXT: it is called once a call, and each block is recorded once.
// after: interposer.so
// run:
#include "../hooks.h"

int main(void) {
  start(0);
  CUdeviceptr block;
  for (int i = 0; i != 5; ++i) OK(cuMemAlloc_v2(&block, 1000));
  int* calls = dlsym(RTLD_DEFAULT, "interposed_calls");
  MUST(calls != NULL && *calls == 5);
  expect("plain.device.allocated_blocks", 5);
  expect("plain.device.live_bytes", 5000);
  return 0;
}
