// While a library's constructor waits for a thread, that thread may allocate for the first time, as without weir.
// run:
#include "../hooks.h"

int main(void) {
  char path[4096];
  CUdeviceptr block;
  alarm(20);
  start(0);
  snprintf(path, sizeof(path), "%s/waits.so", getenv("PLACE"));
  MUST(dlopen(path, RTLD_NOW) != NULL);
  OK(cuMemAlloc_v2(&block, 1));
  expect("plain.device.live_bytes", 1001);
  return 0;
}
