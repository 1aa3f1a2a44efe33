// A driver that does nothing, so that what a call costs is what weir adds to it.
#include <cuda.h>

namespace {
CUdeviceptr g_next = 0x10000000;
}

extern "C" {
CUresult cuMemAlloc_v2(CUdeviceptr* out, std::size_t bytes) {
  if (bytes == 0) return CUDA_ERROR_INVALID_VALUE;
  *out = g_next;
  return CUDA_SUCCESS;
}
CUresult cuMemFree_v2(CUdeviceptr) { return CUDA_SUCCESS; }
CUresult cuCtxGetCurrent(CUcontext* out) {
  *out = reinterpret_cast<CUcontext>(&g_next);
  return CUDA_SUCCESS;
}
CUresult cuMemGetInfo_v2(std::size_t* free, std::size_t* total) {
  *free = *total = std::size_t{1} << 30;
  return CUDA_SUCCESS;
}
CUresult cuCtxGetDevice(CUdevice* out) {
  *out = 0;
  return CUDA_SUCCESS;
}
}
