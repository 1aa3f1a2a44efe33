// Filling memory. Compiled twice: see CMakeLists.txt.
#include <cuda_runtime_api.h>

#include "base/driver.hpp"
#include "base/state.hpp"
#include "convert/same.hpp"

using namespace simcudart;

namespace {

/// A box whose rows and slices lie at the same distance is one plane; others are filled slice by slice.
template <typename Fill>
CUresult fill_box(cudaPitchedPtr memory, cudaExtent extent, Fill fill) {
  if (extent.width == 0 || extent.height == 0 || extent.depth == 0) return CUDA_SUCCESS;
  if (memory.ysize == extent.height) return fill(address_of(memory.ptr), extent.height * extent.depth);
  CUresult result = CUDA_SUCCESS;
  for (size_t slice = 0; slice < extent.depth && result == CUDA_SUCCESS; ++slice)
    result = fill(address_of(memory.ptr) + slice * memory.pitch * memory.ysize, extent.height);
  return result;
}

unsigned char byte(int value) { return static_cast<unsigned char>(value); }

}  // namespace

cudaError_t cudaMemset(void* memory, int value, size_t bytes) {
  return in_context([&] {
    return bytes == 0 ? CUDA_SUCCESS : STREAMED(cuMemsetD8, 3020)(address_of(memory), byte(value), bytes);
  });
}

cudaError_t cudaMemsetAsync(void* memory, int value, size_t bytes, cudaStream_t stream) {
  return in_context([&] {
    return bytes == 0 ? CUDA_SUCCESS
                      : STREAMED(cuMemsetD8Async, 3020)(address_of(memory), byte(value), bytes, stream);
  });
}

cudaError_t cudaMemset2D(void* memory, size_t pitch, int value, size_t width, size_t height) {
  if (width > pitch) return remember(cudaErrorInvalidValue);
  return in_context([&] {
    if (width == 0 || height == 0) return CUDA_SUCCESS;
    return STREAMED(cuMemsetD2D8, 3020)(address_of(memory), pitch, byte(value), width, height);
  });
}

cudaError_t cudaMemset2DAsync(void* memory, size_t pitch, int value, size_t width, size_t height,
                              cudaStream_t stream) {
  if (width > pitch) return remember(cudaErrorInvalidValue);
  return in_context([&] {
    if (width == 0 || height == 0) return CUDA_SUCCESS;
    return STREAMED(cuMemsetD2D8Async, 3020)(address_of(memory), pitch, byte(value), width, height, stream);
  });
}

cudaError_t cudaMemset3D(cudaPitchedPtr memory, int value, cudaExtent extent) {
  return in_context([&] {
    return fill_box(memory, extent, [&](CUdeviceptr at, size_t rows) {
      return STREAMED(cuMemsetD2D8, 3020)(at, memory.pitch, byte(value), extent.width, rows);
    });
  });
}

cudaError_t cudaMemset3DAsync(cudaPitchedPtr memory, int value, cudaExtent extent, cudaStream_t stream) {
  return in_context([&] {
    return fill_box(memory, extent, [&](CUdeviceptr at, size_t rows) {
      return STREAMED(cuMemsetD2D8Async, 3020)(at, memory.pitch, byte(value), extent.width, rows, stream);
    });
  });
}
