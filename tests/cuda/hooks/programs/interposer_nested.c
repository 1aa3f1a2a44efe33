// Another interposer behind weir finds the driver by its handle, and so is given weir's wrapper a second time: a block is
// recorded once, by the outer call.
// after: interposer_by_handle.so
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
  expect("route.dlsym", 0);
  expect("frees_missed", 0);
  return 0;
}
