// One block by each way to the driver's function; each call is counted for its way.
// run: linked
// run: dlsym
// run: dlsym_default
// run: dlsym_main
// run: dlvsym
// run: proc_address_v1
// run: proc_address_v2
// run: proc_address_of_itself
// run: proc_address_per_thread
#include "../hooks.h"

typedef CUresult (*Allocate)(CUdeviceptr*, size_t);
typedef CUresult (*AllocateAsync)(CUdeviceptr*, size_t, CUstream);
typedef CUresult (*ResolveV1)(const char*, void**, int, cuuint64_t);
typedef CUresult (*ResolveV2)(const char*, void**, int, cuuint64_t, CUdriverProcAddressQueryResult*);

static int is(const char* a, const char* b) { return strcmp(a, b) == 0; }

int main(int count, char** words) {
  MUST(count == 2);
  const char* way = words[1];
  start(0);  // one linked call
  void* driver = dlopen("libcuda.so.1", RTLD_NOW);
  void* found = NULL;
  const char* route = "route.dlsym";
  long long calls = 1, linked = 1;
  MUST(driver != NULL);
  if (is(way, "linked")) {
    found = (void*)cuMemAlloc_v2;
    route = "route.linked";
    calls = 2;
  } else if (is(way, "dlsym")) {
    found = dlsym(driver, "cuMemAlloc_v2");
  } else if (is(way, "dlsym_default")) {
    found = dlsym(RTLD_DEFAULT, "cuMemAlloc_v2");
  } else if (is(way, "dlsym_main")) {
    found = dlsym(dlopen(NULL, RTLD_NOW), "cuMemAlloc_v2");
  } else if (is(way, "dlvsym")) {
    // The driver's symbols have no versions: nothing is found, as without weir.
    MUST(dlvsym(driver, "cuMemAlloc_v2", "GLIBC_2.2.5") == NULL);
    expect("route.linked", 1);
    return 0;
  } else {
    route = "route.proc_address";
    if (is(way, "proc_address_v1")) {
      OK(cuGetProcAddress("cuMemAlloc", &found, 13000, 0));
      linked = 2;
    } else if (is(way, "proc_address_v2")) {
      CUdriverProcAddressQueryResult status = 99;
      OK(cuGetProcAddress_v2("cuMemAlloc", &found, 3020, 0, &status));
      MUST(status == CU_GET_PROC_ADDRESS_SUCCESS);
      linked = 2;
    } else if (is(way, "proc_address_of_itself")) {
      ResolveV1 four;
      ResolveV2 five;
      OK(cuGetProcAddress_v2("cuGetProcAddress", (void**)&four, 11030, 0, NULL));
      OK(four("cuGetProcAddress", (void**)&five, 12000, 0));
      OK(five("cuMemAlloc", &found, 12000, 0, NULL));
      linked = 2;
      calls = 3;
    } else if (is(way, "proc_address_per_thread")) {
      AllocateAsync allocate = NULL, twin = NULL;
      CUdeviceptr block;
      OK(cuGetProcAddress_v2("cuMemAllocAsync", (void**)&allocate, 12000, CU_GET_PROC_ADDRESS_LEGACY_STREAM, NULL));
      OK(cuGetProcAddress_v2("cuMemAllocAsync", (void**)&twin, 12000, CU_GET_PROC_ADDRESS_PER_THREAD_DEFAULT_STREAM, NULL));
      MUST(allocate != twin);
      OK(twin(&block, 2 << 20, NULL));
      expect("ordered.device.live_bytes", 2 << 20);
      expect(route, 1);
      return 0;
    }
  }
  CUdeviceptr block;
  MUST(found != NULL);
  OK(((Allocate)found)(&block, 12345));
  expect("plain.device.live_bytes", 12345);
  expect(route, calls);
  if (!is(way, "linked")) expect("route.linked", linked);
  expect("without_stack", 0);
  return 0;
}
