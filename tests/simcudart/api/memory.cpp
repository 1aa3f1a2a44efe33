// Device and managed memory, and what is asked about addresses.
#include <cuda_runtime_api.h>

#include "base/driver.hpp"
#include "base/state.hpp"
#include "convert/same.hpp"

using namespace simcudart;

namespace {

bool overflows(size_t a, size_t b) {
  size_t product;
  return __builtin_mul_overflow(a, b, &product);
}

/// Rows of at least width bytes; the driver chooses the pitch. Nothing of nothing is null and no error.
cudaError_t allocate_rows(void** out, size_t* pitch, size_t width, size_t rows) {
  constexpr unsigned kElementBytes = 4;
  if (out == nullptr || pitch == nullptr) return cudaErrorInvalidValue;
  if (width == 0 || rows == 0) {
    *out = nullptr;
    *pitch = 0;
    return cudaSuccess;
  }
  CUdeviceptr address = 0;
  const CUresult result = DRIVER(cuMemAllocPitch, 3020)(&address, pitch, width, rows, kElementBytes);
  if (result == CUDA_SUCCESS) *out = reinterpret_cast<void*>(address);
  return error_of(result);
}

}  // namespace

cudaError_t cudaMalloc(void** out, size_t bytes) {
  return in_context([&]() -> cudaError_t {
    if (out == nullptr) return cudaErrorInvalidValue;
    CUdeviceptr address = 0;
    const CUresult result = bytes == 0 ? CUDA_SUCCESS : DRIVER(cuMemAlloc, 3020)(&address, bytes);
    if (result == CUDA_SUCCESS) *out = reinterpret_cast<void*>(address);
    return error_of(result);
  });
}

cudaError_t cudaFree(void* memory) {
  return in_context(
      [&] { return memory == nullptr ? CUDA_SUCCESS : DRIVER(cuMemFree, 3020)(address_of(memory)); });
}

cudaError_t cudaMallocPitch(void** out, size_t* pitch, size_t width, size_t height) {
  return in_context([&] { return allocate_rows(out, pitch, width, height); });
}

cudaError_t cudaMalloc3D(cudaPitchedPtr* out, cudaExtent extent) {
  return in_context([&] {
    if (out == nullptr || overflows(extent.height, extent.depth)) return cudaErrorInvalidValue;
    void* memory = nullptr;
    size_t pitch = 0;
    const cudaError_t error = allocate_rows(&memory, &pitch, extent.width, extent.height * extent.depth);
    if (error == cudaSuccess) *out = {memory, pitch, extent.width, extent.height};
    return error;
  });
}

cudaError_t cudaMallocManaged(void** out, size_t bytes, unsigned flags) {
  return in_context([&]() -> cudaError_t {
    if (out == nullptr) return cudaErrorInvalidValue;
    CUdeviceptr address = 0;
    const CUresult result = DRIVER(cuMemAllocManaged, 6000)(&address, bytes, flags);
    if (result == CUDA_SUCCESS) *out = reinterpret_cast<void*>(address);
    return error_of(result);
  });
}

cudaError_t cudaMemGetInfo(size_t* free_bytes, size_t* total_bytes) {
  return in_context([&] { return DRIVER(cuMemGetInfo, 3020)(free_bytes, total_bytes); });
}

cudaError_t cudaMemAdvise(const void* memory, size_t bytes, cudaMemoryAdvise advice,
                          cudaMemLocation location) {
  return in_context([&] {
    return DRIVER(cuMemAdvise, 12020)(address_of(memory), bytes, same<CUmem_advise>(advice),
                                      driver_location(location));
  });
}

cudaError_t cudaMemRangeGetAttribute(void* data, size_t data_bytes, cudaMemRangeAttribute which,
                                     const void* memory, size_t bytes) {
  return in_context([&] {
    return DRIVER(cuMemRangeGetAttribute, 8000)(data, data_bytes, same<CUmem_range_attribute>(which),
                                                address_of(memory), bytes);
  });
}

cudaError_t cudaMemRangeGetAttributes(void** data, size_t* data_bytes, cudaMemRangeAttribute* which,
                                      size_t count, const void* memory, size_t bytes) {
  return in_context([&] {
    return DRIVER(cuMemRangeGetAttributes, 8000)(data, data_bytes, same<CUmem_range_attribute>(which), count,
                                                 address_of(memory), bytes);
  });
}

cudaError_t cudaPointerGetAttributes(cudaPointerAttributes* out, const void* pointer) {
  return in_context([&]() -> cudaError_t {
    if (out == nullptr) return cudaErrorInvalidValue;
    unsigned type = 0, managed = 0;
    int device = cudaInvalidDeviceId;
    void *on_device = nullptr, *on_host = nullptr;
    CUpointer_attribute which[] = {CU_POINTER_ATTRIBUTE_MEMORY_TYPE, CU_POINTER_ATTRIBUTE_IS_MANAGED,
                                   CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL, CU_POINTER_ATTRIBUTE_DEVICE_POINTER,
                                   CU_POINTER_ATTRIBUTE_HOST_POINTER};
    void* values[] = {&type, &managed, &device, &on_device, &on_host};
    const CUresult result = DRIVER(cuPointerGetAttributes, 7000)(5, which, values, address_of(pointer));
    if (result != CUDA_SUCCESS) return error_of(result);
    cudaPointerAttributes found{};
    found.type = cudaMemoryTypeUnregistered;
    if (managed != 0)
      found.type = cudaMemoryTypeManaged;
    else if (type == CU_MEMORYTYPE_HOST)
      found.type = cudaMemoryTypeHost;
    else if (type != 0)
      found.type = cudaMemoryTypeDevice;
    const bool known = found.type != cudaMemoryTypeUnregistered;
    found.device = known ? device : cudaInvalidDeviceId;
    found.devicePointer = known ? on_device : nullptr;
    found.hostPointer = known ? on_host : const_cast<void*>(pointer);
    *out = found;
    return cudaSuccess;
  });
}
