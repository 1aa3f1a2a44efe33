// A driver under another name is found by the function that the program got of it: it knows the device.
// run:
#define NOT_LINKED
#include "../hooks.h"

typedef CUresult (*Allocate)(CUdeviceptr*, size_t);

int main(void) {
  char path[4096];
  snprintf(path, sizeof(path), "%s/other.so", getenv("PLACE"));
  void* driver = dlopen(path, RTLD_NOW);
  MUST(driver != NULL);
  Allocate allocate = (Allocate)dlsym(driver, "cuMemAlloc_v2");
  CUdeviceptr block;
  OK(allocate(&block, 30));
  expect("plain.device.live_bytes", 30);
  expect("device3.device.live_bytes", 30);
  return 0;
}
