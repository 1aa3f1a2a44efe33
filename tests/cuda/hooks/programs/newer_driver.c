// A driver newer than weir knows: its new ABI is handed through and reported, the known one is wrapped.
// driver: newer
// run:
#define NOT_LINKED
#include "../hooks.h"

typedef CUresult (*Allocate)(CUdeviceptr*, size_t);
typedef CUresult (*Resolve)(const char*, void**, int, cuuint64_t, CUdriverProcAddressQueryResult*);

int main(void) {
  void* driver = dlopen("libcuda.so.1", RTLD_NOW);
  if (driver == NULL) printf("%s\n", dlerror());
  MUST(driver != NULL);
  Resolve resolve = (Resolve)dlsym(driver, "cuGetProcAddress_v2");
  void *known, *newer, *managed, *novel;
  CUdeviceptr block;
  OK(resolve("cuMemAlloc", &known, 13000, 0, NULL));
  OK(resolve("cuMemAlloc", &newer, 99000, 0, NULL));
  OK(resolve("cuMemHostAlloc", &managed, 99000, 0, NULL));  // newer version, same function
  OK(resolve("cuMemAllocNovel", &novel, 99000, 0, NULL));
  MUST(newer == dlsym(driver, "cuMemAlloc_v3"));
  MUST(managed != dlsym(driver, "unwrapped_cuMemHostAlloc"));
  OK(((Allocate)known)(&block, 10));
  OK(((Allocate)newer)(&block, 20));
  expect("plain.device.allocated_bytes", 10);
  expect("unhooked.cuMemAlloc.proc_address.newer", 1);
  expect("unhooked.cuMemAlloc_v3.dlsym.unknown", 1);
  expect("unhooked.cuMemAllocNovel.proc_address.unknown", 1);
  return 0;
}
