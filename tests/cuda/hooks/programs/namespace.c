// A driver in a namespace of its own is another driver: what dlsym finds there is not ours to replace.
// run:
#include "../hooks.h"

typedef CUresult (*Initialise)(unsigned);
typedef CUresult (*Retain)(CUcontext*, CUdevice);
typedef CUresult (*SetCurrent)(CUcontext);
typedef CUresult (*Allocate)(CUdeviceptr*, size_t);

int main(void) {
  start(0);
  CUdeviceptr block;
  CUcontext context;
  OK(cuMemAlloc_v2(&block, 111));
  void* other = dlmopen(LM_ID_NEWLM, "libcuda.so.1", RTLD_NOW);
  if (other == NULL) return printf("%s\n", dlerror()), 77;
  Allocate allocate = (Allocate)dlsym(other, "cuMemAlloc_v2");
  MUST(allocate != NULL && (void*)allocate != (void*)cuMemAlloc_v2);
  OK(((Initialise)dlsym(other, "cuInit"))(0));
  OK(((Retain)dlsym(other, "cuDevicePrimaryCtxRetain"))(&context, 0));
  OK(((SetCurrent)dlsym(other, "cuCtxSetCurrent"))(context));
  OK(allocate(&block, 222));
  expect("plain.device.allocated_bytes", 111);
  expect("route.dlsym", 0);
  return 0;
}
