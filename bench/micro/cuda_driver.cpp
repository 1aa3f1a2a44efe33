// A driver that does nothing, so that what a call costs is what weir adds to it. Its device is always done.
#include <cuda.h>

#include <atomic>
#include <cstdlib>

namespace {
constexpr std::size_t kTotal = std::size_t{64} << 30;
std::atomic<CUdeviceptr> g_next{0x10'0000'0000};
int g_context, g_event;
}  // namespace

extern "C" {
CUresult cuInit(unsigned) { return CUDA_SUCCESS; }
CUresult cuMemAlloc_v2(CUdeviceptr* out, std::size_t bytes) {
  if (bytes == 0) return CUDA_ERROR_INVALID_VALUE;
  *out = g_next.fetch_add(bytes + 512 - bytes % 512, std::memory_order_relaxed);
  return CUDA_SUCCESS;
}
CUresult cuMemFree_v2(CUdeviceptr) { return CUDA_SUCCESS; }
CUresult cuMemHostAlloc(void** out, std::size_t bytes, unsigned) {
  *out = std::aligned_alloc(4096, (bytes + 4095) & ~std::size_t{4095});
  return *out == nullptr ? CUDA_ERROR_OUT_OF_MEMORY : CUDA_SUCCESS;
}
CUresult cuMemFreeHost(void* block) {
  std::free(block);
  return CUDA_SUCCESS;
}
CUresult cuCtxGetCurrent(CUcontext* out) {
  *out = reinterpret_cast<CUcontext>(&g_context);
  return CUDA_SUCCESS;
}
CUresult cuCtxGetDevice(CUdevice* out) {
  *out = 0;
  return CUDA_SUCCESS;
}
CUresult cuDeviceGet(CUdevice* out, int) {
  *out = 0;
  return CUDA_SUCCESS;
}
CUresult cuDevicePrimaryCtxRetain(CUcontext* out, CUdevice) { return cuCtxGetCurrent(out); }
CUresult cuCtxSetCurrent(CUcontext) { return CUDA_SUCCESS; }
CUresult cuDeviceTotalMem_v2(std::size_t* bytes, CUdevice) {
  *bytes = kTotal;
  return CUDA_SUCCESS;
}
CUresult cuMemGetInfo_v2(std::size_t* free, std::size_t* total) {
  *free = *total = kTotal;
  return CUDA_SUCCESS;
}
CUresult cuCtxSynchronize() { return CUDA_SUCCESS; }
CUresult cuEventCreate(CUevent* out, unsigned) {
  *out = reinterpret_cast<CUevent>(&g_event);
  return CUDA_SUCCESS;
}
CUresult cuEventRecord(CUevent, CUstream) { return CUDA_SUCCESS; }
CUresult cuCtxRecordEvent(CUcontext, CUevent) { return CUDA_SUCCESS; }
CUresult cuEventQuery(CUevent) { return CUDA_SUCCESS; }
CUresult cuEventDestroy_v2(CUevent) { return CUDA_SUCCESS; }
CUresult cuStreamCreate(CUstream* out, unsigned) {
  *out = nullptr;
  return CUDA_SUCCESS;
}
CUresult cuStreamDestroy_v2(CUstream) { return CUDA_SUCCESS; }
CUresult cuStreamIsCapturing(CUstream, CUstreamCaptureStatus* out) {
  *out = CU_STREAM_CAPTURE_STATUS_NONE;
  return CUDA_SUCCESS;
}
CUresult cuMemsetD8Async(CUdeviceptr, unsigned char, std::size_t, CUstream) { return CUDA_SUCCESS; }
CUresult cuDeviceGetDefaultMemPool(CUmemoryPool*, CUdevice) { return CUDA_ERROR_NOT_SUPPORTED; }
CUresult cuMemPoolSetAttribute(CUmemoryPool, CUmemPool_attribute, void*) { return CUDA_ERROR_NOT_SUPPORTED; }
CUresult cuMemAllocAsync(CUdeviceptr*, std::size_t, CUstream) { return CUDA_ERROR_NOT_SUPPORTED; }
CUresult cuMemFreeAsync(CUdeviceptr, CUstream) { return CUDA_ERROR_NOT_SUPPORTED; }
}
