// A driver of the future, as far as programs/newer_driver.c and other_name.c need one.
#include "../hooks.h"

static CUdeviceptr next = 0x10000000;

CUresult cuMemAlloc_v2(CUdeviceptr* out, size_t bytes) { return *out = __atomic_add_fetch(&next, bytes, __ATOMIC_RELAXED), CUDA_SUCCESS; }
CUresult cuMemAlloc_v3(CUdeviceptr* out, size_t bytes) { return *out = next += bytes, CUDA_SUCCESS; }
static CUresult novel(CUdeviceptr* out, size_t bytes) { return cuMemAlloc_v2(out, bytes); }
CUresult cuMemHostAlloc(void** out, size_t bytes, unsigned flags) { return CUDA_ERROR_NOT_SUPPORTED; }

CUresult cuCtxGetCurrent(CUcontext* out) { return *out = (CUcontext)&next, CUDA_SUCCESS; }
CUresult cuCtxGetDevice(CUdevice* out) { return *out = 3, CUDA_SUCCESS; }

CUresult cuGetProcAddress_v2(const char* name, void** out, int version, cuuint64_t flags,
                             CUdriverProcAddressQueryResult* status) {
  *out = NULL;
  if (strcmp(name, "cuMemAlloc") == 0) *out = version > 50000 ? (void*)cuMemAlloc_v3 : (void*)cuMemAlloc_v2;
  if (strcmp(name, "cuMemHostAlloc") == 0) *out = (void*)cuMemHostAlloc;
  if (strcmp(name, "cuMemAllocNovel") == 0) *out = (void*)novel;
  return *out != NULL ? CUDA_SUCCESS : CUDA_ERROR_NOT_FOUND;
}
