// An interposer of cuMemAlloc as others write them.
#include "../hooks.h"

int interposed_calls;

CUresult cuMemAlloc_v2(CUdeviceptr* out, size_t bytes) {
  static CUresult (*next)(CUdeviceptr*, size_t);
#ifdef BY_HANDLE
  if (next == NULL)
    next = (CUresult (*)(CUdeviceptr*, size_t))dlsym(dlopen("libcuda.so.1", RTLD_NOW), "cuMemAlloc_v2");
#endif
  if (next == NULL) next = (CUresult (*)(CUdeviceptr*, size_t))dlsym(RTLD_NEXT, "cuMemAlloc_v2");
  ++interposed_calls;
  return next != NULL ? next(out, bytes) : CUDA_ERROR_NOT_FOUND;
}
