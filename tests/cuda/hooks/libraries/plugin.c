// Linked with the driver; opened by programs/deepbind.c.
#include "../hooks.h"

typedef CUresult (*Allocate)(CUdeviceptr*, size_t);

void plugin_work(const char* way) {
  start(0);
  void* found = NULL;
  if (strcmp(way, "direct") == 0) found = (void*)cuMemAlloc_v2;
  if (strcmp(way, "dlsym") == 0) found = dlsym(dlopen("libcuda.so.1", RTLD_NOW), "cuMemAlloc_v2");
  if (strcmp(way, "proc_address") == 0) OK(cuGetProcAddress_v2("cuMemAlloc", &found, 12000, 0, NULL));
  CUdeviceptr block;
  if (strcmp(way, "direct") == 0)
    OK(cuMemAlloc_v2(&block, 4321));
  else
    OK(((Allocate)found)(&block, 4321));
}
