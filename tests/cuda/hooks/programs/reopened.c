// A program that closes the driver and opens it again, as those do which only look whether there is one, is recorded.
// driver: newer
// run:
#define NOT_LINKED
#include <sys/mman.h>

#include "../hooks.h"

int main(void) {
  void* driver = dlopen("libcuda.so.1", RTLD_NOW);
  MUST(driver != NULL && dlsym(driver, "cuMemAlloc_v2") != NULL);
  struct { void* at; } *map = driver;
  char* before = map->at;
  MUST(dlclose(driver) == 0);
  // Where it was, something else is now, if that place has become free.
  (void)mmap(before, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
  driver = dlopen("libcuda.so.1", RTLD_NOW);
  MUST(driver != NULL);
  CUdeviceptr block;
  OK(((CUresult(*)(CUdeviceptr*, size_t))dlsym(driver, "cuMemAlloc_v2"))(&block, 1234));
  expect("plain.device.live_bytes", 1234);
  expect("unhooked.cuMemAlloc_v2.dlsym.second", 0);
  return 0;
}
