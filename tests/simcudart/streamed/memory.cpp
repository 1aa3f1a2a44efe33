// Memory in stream order: allocation, prefetch, attachment. Compiled twice: see CMakeLists.txt.
#include <cuda_runtime_api.h>

#include "base/driver.hpp"
#include "base/state.hpp"
#include "convert/same.hpp"

using namespace simcudart;

cudaError_t cudaMallocAsync(void** out, size_t bytes, cudaStream_t stream) {
  return in_context([&]() -> cudaError_t {
    if (out == nullptr) return cudaErrorInvalidValue;
    CUdeviceptr address = 0;
    const CUresult result =
        bytes == 0 ? CUDA_SUCCESS : STREAMED(cuMemAllocAsync, 11020)(&address, bytes, stream);
    if (result == CUDA_SUCCESS) *out = reinterpret_cast<void*>(address);
    return error_of(result);
  });
}

cudaError_t cudaMallocFromPoolAsync(void** out, size_t bytes, cudaMemPool_t pool, cudaStream_t stream) {
  return in_context([&]() -> cudaError_t {
    if (out == nullptr) return cudaErrorInvalidValue;
    CUdeviceptr address = 0;
    const auto allocate = STREAMED(cuMemAllocFromPoolAsync, 11020);
    const CUresult result = bytes == 0 ? CUDA_SUCCESS : allocate(&address, bytes, pool, stream);
    if (result == CUDA_SUCCESS) *out = reinterpret_cast<void*>(address);
    return error_of(result);
  });
}

cudaError_t cudaFreeAsync(void* memory, cudaStream_t stream) {
  return in_context([&] {
    return memory == nullptr ? CUDA_SUCCESS : STREAMED(cuMemFreeAsync, 11020)(address_of(memory), stream);
  });
}

cudaError_t cudaMemPrefetchAsync(const void* memory, size_t bytes, cudaMemLocation location, unsigned flags,
                                 cudaStream_t stream) {
  return in_context([&] {
    return STREAMED(cuMemPrefetchAsync, 12020)(address_of(memory), bytes, driver_location(location), flags,
                                               stream);
  });
}

cudaError_t cudaStreamAttachMemAsync(cudaStream_t stream, void* memory, size_t bytes, unsigned flags) {
  return in_context(
      [&] { return STREAMED(cuStreamAttachMemAsync, 6000)(stream, address_of(memory), bytes, flags); });
}
