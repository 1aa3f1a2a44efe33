// Pinned host memory.
#include <cuda_runtime_api.h>

#include "base/driver.hpp"
#include "base/state.hpp"
#include "convert/same.hpp"

using namespace simcudart;

namespace {

cudaError_t allocate_pinned(void** out, size_t bytes, unsigned flags) {
  return in_context([&]() -> cudaError_t {
    if (out == nullptr) return cudaErrorInvalidValue;
    void* memory = nullptr;
    const CUresult result = bytes == 0 ? CUDA_SUCCESS : DRIVER(cuMemHostAlloc, 2020)(&memory, bytes, flags);
    if (result == CUDA_SUCCESS) *out = memory;
    return error_of(result);
  });
}

}  // namespace

cudaError_t cudaMallocHost(void** out, size_t bytes) { return allocate_pinned(out, bytes, 0); }
cudaError_t cudaHostAlloc(void** out, size_t bytes, unsigned flags) {
  return allocate_pinned(out, bytes, flags);
}

cudaError_t cudaFreeHost(void* memory) {
  return in_context([&] { return memory == nullptr ? CUDA_SUCCESS : DRIVER(cuMemFreeHost, 2000)(memory); });
}

cudaError_t cudaHostRegister(void* memory, size_t bytes, unsigned flags) {
  return in_context([&] { return DRIVER(cuMemHostRegister, 6050)(memory, bytes, flags); });
}

cudaError_t cudaHostUnregister(void* memory) {
  return in_context([&] { return DRIVER(cuMemHostUnregister, 4000)(memory); });
}

cudaError_t cudaHostGetDevicePointer(void** out, void* memory, unsigned flags) {
  return in_context([&] { return DRIVER(cuMemHostGetDevicePointer, 3020)(address_out(out), memory, flags); });
}

cudaError_t cudaHostGetFlags(unsigned* flags, void* memory) {
  return in_context([&] { return DRIVER(cuMemHostGetFlags, 2030)(flags, memory); });
}
