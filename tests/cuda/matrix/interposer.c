// Another tool that sits between the program and the driver: counts, passes on, and tells at the end.
#include <cuda.h>
#include <dlfcn.h>
#include <stdio.h>

static int g_allocs, g_frees;

CUresult cuMemAlloc(CUdeviceptr* out, size_t bytes) {  // cuMemAlloc_v2
  CUresult (*next)(CUdeviceptr*, size_t) = dlsym(RTLD_NEXT, "cuMemAlloc_v2");
  ++g_allocs;
  return next == NULL ? CUDA_ERROR_NOT_INITIALIZED : next(out, bytes);
}

CUresult cuMemFree(CUdeviceptr block) {  // cuMemFree_v2
  CUresult (*next)(CUdeviceptr) = dlsym(RTLD_NEXT, "cuMemFree_v2");
  ++g_frees;
  return next == NULL ? CUDA_ERROR_NOT_INITIALIZED : next(block);
}

__attribute__((destructor)) static void tell(void) { printf("interposer: %d allocated, %d freed\n", g_allocs, g_frees); }
