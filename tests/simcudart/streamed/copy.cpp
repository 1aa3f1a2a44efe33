// Copies of plain memory and of variables. Compiled twice: see CMakeLists.txt.
#include <cuda_runtime_api.h>

#include "base/driver.hpp"
#include "base/state.hpp"
#include "convert/same.hpp"
#include "module/registry.hpp"

using namespace simcudart;

namespace {

CUresult copy_line(void* to, const void* from, size_t bytes, cudaMemcpyKind kind) {
  if (bytes == 0) return CUDA_SUCCESS;
  switch (kind) {
    case cudaMemcpyHostToDevice: return STREAMED(cuMemcpyHtoD, 3020)(address_of(to), from, bytes);
    case cudaMemcpyDeviceToHost: return STREAMED(cuMemcpyDtoH, 3020)(to, address_of(from), bytes);
    case cudaMemcpyDeviceToDevice:
      return STREAMED(cuMemcpyDtoD, 3020)(address_of(to), address_of(from), bytes);
    case cudaMemcpyHostToHost:
    case cudaMemcpyDefault: return STREAMED(cuMemcpy, 4000)(address_of(to), address_of(from), bytes);
  }
  return CUDA_ERROR_INVALID_VALUE;
}

CUresult copy_line(void* to, const void* from, size_t bytes, cudaMemcpyKind kind, cudaStream_t stream) {
  if (bytes == 0) return CUDA_SUCCESS;
  switch (kind) {
    case cudaMemcpyHostToDevice:
      return STREAMED(cuMemcpyHtoDAsync, 3020)(address_of(to), from, bytes, stream);
    case cudaMemcpyDeviceToHost:
      return STREAMED(cuMemcpyDtoHAsync, 3020)(to, address_of(from), bytes, stream);
    case cudaMemcpyDeviceToDevice:
      return STREAMED(cuMemcpyDtoDAsync, 3020)(address_of(to), address_of(from), bytes, stream);
    case cudaMemcpyHostToHost:
    case cudaMemcpyDefault:
      return STREAMED(cuMemcpyAsync, 4000)(address_of(to), address_of(from), bytes, stream);
  }
  return CUDA_ERROR_INVALID_VALUE;
}

bool valid(cudaMemcpyKind kind) { return kind >= cudaMemcpyHostToHost && kind <= cudaMemcpyDefault; }

/// Where part of a variable lies. cudaErrorInvalidValue: the part does not fit, the kind goes the other way.
template <typename Copy>
cudaError_t with_symbol(const void* symbol, size_t bytes, size_t offset, Copy copy) {
  return in_context([&]() -> cudaError_t {
    CUdeviceptr address = 0;
    size_t size = 0;
    const cudaError_t error = find_symbol(symbol, &address, &size);
    if (error != cudaSuccess) return error;
    if (offset > size || bytes > size - offset) return cudaErrorInvalidValue;
    return error_of(copy(reinterpret_cast<void*>(address + offset)));
  });
}

bool towards_device(cudaMemcpyKind kind) {
  return kind == cudaMemcpyHostToDevice || kind == cudaMemcpyDeviceToDevice || kind == cudaMemcpyDefault;
}
bool from_device(cudaMemcpyKind kind) {
  return kind == cudaMemcpyDeviceToHost || kind == cudaMemcpyDeviceToDevice || kind == cudaMemcpyDefault;
}

}  // namespace

cudaError_t cudaMemcpy(void* to, const void* from, size_t bytes, cudaMemcpyKind kind) {
  if (!valid(kind)) return remember(cudaErrorInvalidMemcpyDirection);
  return in_context([&] { return copy_line(to, from, bytes, kind); });
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t stream) {
  if (!valid(kind)) return remember(cudaErrorInvalidMemcpyDirection);
  return in_context([&] { return copy_line(to, from, bytes, kind, stream); });
}

cudaError_t cudaMemcpyToSymbol(const void* symbol, const void* from, size_t bytes, size_t offset,
                               cudaMemcpyKind kind) {
  if (!towards_device(kind)) return remember(cudaErrorInvalidMemcpyDirection);
  return with_symbol(symbol, bytes, offset, [&](void* to) { return copy_line(to, from, bytes, kind); });
}

cudaError_t cudaMemcpyFromSymbol(void* to, const void* symbol, size_t bytes, size_t offset,
                                 cudaMemcpyKind kind) {
  if (!from_device(kind)) return remember(cudaErrorInvalidMemcpyDirection);
  return with_symbol(symbol, bytes, offset, [&](void* from) { return copy_line(to, from, bytes, kind); });
}

cudaError_t cudaMemcpyToSymbolAsync(const void* symbol, const void* from, size_t bytes, size_t offset,
                                    cudaMemcpyKind kind, cudaStream_t stream) {
  if (!towards_device(kind)) return remember(cudaErrorInvalidMemcpyDirection);
  return with_symbol(symbol, bytes, offset,
                     [&](void* to) { return copy_line(to, from, bytes, kind, stream); });
}

cudaError_t cudaMemcpyFromSymbolAsync(void* to, const void* symbol, size_t bytes, size_t offset,
                                      cudaMemcpyKind kind, cudaStream_t stream) {
  if (!from_device(kind)) return remember(cudaErrorInvalidMemcpyDirection);
  return with_symbol(symbol, bytes, offset,
                     [&](void* from) { return copy_line(to, from, bytes, kind, stream); });
}
