// Copies of rows and boxes, of memory and arrays. Compiled twice: see CMakeLists.txt.
#include <cuda_runtime_api.h>

#include "base/driver.hpp"
#include "base/state.hpp"
#include "convert/copy.hpp"

using namespace simcudart;

namespace {

bool valid(cudaMemcpyKind kind) { return kind >= cudaMemcpyHostToHost && kind <= cudaMemcpyDefault; }

cudaError_t copy_plane(const Plane& to, const Plane& from, size_t width, size_t height, cudaMemcpyKind kind) {
  if (!valid(kind)) return remember(cudaErrorInvalidMemcpyDirection);
  return in_context([&] {
    const CUDA_MEMCPY2D copy = plane_copy(to, from, width, height, kind);
    return width == 0 || height == 0 ? CUDA_SUCCESS : STREAMED(cuMemcpy2DUnaligned, 3020)(&copy);
  });
}

cudaError_t copy_plane(const Plane& to, const Plane& from, size_t width, size_t height, cudaMemcpyKind kind,
                       cudaStream_t stream) {
  if (!valid(kind)) return remember(cudaErrorInvalidMemcpyDirection);
  return in_context([&] {
    const CUDA_MEMCPY2D copy = plane_copy(to, from, width, height, kind);
    return width == 0 || height == 0 ? CUDA_SUCCESS : STREAMED(cuMemcpy2DAsync, 3020)(&copy, stream);
  });
}

Plane rows(const void* memory, size_t pitch) { return {.memory = memory, .pitch = pitch}; }
Plane part(cudaArray_const_t array, size_t x, size_t y) { return {.array = array, .x = x, .y = y}; }

}  // namespace

cudaError_t cudaMemcpy2D(void* to, size_t to_pitch, const void* from, size_t from_pitch, size_t width,
                         size_t height, cudaMemcpyKind kind) {
  if (width > to_pitch || width > from_pitch) return remember(cudaErrorInvalidPitchValue);
  return copy_plane(rows(to, to_pitch), rows(from, from_pitch), width, height, kind);
}

cudaError_t cudaMemcpy2DAsync(void* to, size_t to_pitch, const void* from, size_t from_pitch, size_t width,
                              size_t height, cudaMemcpyKind kind, cudaStream_t stream) {
  if (width > to_pitch || width > from_pitch) return remember(cudaErrorInvalidPitchValue);
  return copy_plane(rows(to, to_pitch), rows(from, from_pitch), width, height, kind, stream);
}

cudaError_t cudaMemcpy2DToArray(cudaArray_t to, size_t x, size_t y, const void* from, size_t pitch,
                                size_t width, size_t height, cudaMemcpyKind kind) {
  return copy_plane(part(to, x, y), rows(from, pitch), width, height, kind);
}

cudaError_t cudaMemcpy2DToArrayAsync(cudaArray_t to, size_t x, size_t y, const void* from, size_t pitch,
                                     size_t width, size_t height, cudaMemcpyKind kind, cudaStream_t stream) {
  return copy_plane(part(to, x, y), rows(from, pitch), width, height, kind, stream);
}

cudaError_t cudaMemcpy2DFromArray(void* to, size_t pitch, cudaArray_const_t from, size_t x, size_t y,
                                  size_t width, size_t height, cudaMemcpyKind kind) {
  return copy_plane(rows(to, pitch), part(from, x, y), width, height, kind);
}

cudaError_t cudaMemcpy2DFromArrayAsync(void* to, size_t pitch, cudaArray_const_t from, size_t x, size_t y,
                                       size_t width, size_t height, cudaMemcpyKind kind,
                                       cudaStream_t stream) {
  return copy_plane(rows(to, pitch), part(from, x, y), width, height, kind, stream);
}

cudaError_t cudaMemcpy2DArrayToArray(cudaArray_t to, size_t to_x, size_t to_y, cudaArray_const_t from,
                                     size_t from_x, size_t from_y, size_t width, size_t height,
                                     cudaMemcpyKind kind) {
  return copy_plane(part(to, to_x, to_y), part(from, from_x, from_y), width, height, kind);
}

cudaError_t cudaMemcpy3D(const cudaMemcpy3DParms* asked) {
  return in_context([&] {
    CUDA_MEMCPY3D copy;
    const cudaError_t error = box_copy(*asked, &copy);
    return error != cudaSuccess ? error : error_of(STREAMED(cuMemcpy3D, 3020)(&copy));
  });
}

cudaError_t cudaMemcpy3DAsync(const cudaMemcpy3DParms* asked, cudaStream_t stream) {
  return in_context([&] {
    CUDA_MEMCPY3D copy;
    const cudaError_t error = box_copy(*asked, &copy);
    return error != cudaSuccess ? error : error_of(STREAMED(cuMemcpy3DAsync, 3020)(&copy, stream));
  });
}

cudaError_t cudaMemcpy3DPeer(const cudaMemcpy3DPeerParms* asked) {
  return in_context([&] {
    CUDA_MEMCPY3D_PEER copy;
    const cudaError_t error = box_copy(*asked, &copy);
    return error != cudaSuccess ? error : error_of(STREAMED(cuMemcpy3DPeer, 4000)(&copy));
  });
}

cudaError_t cudaMemcpy3DPeerAsync(const cudaMemcpy3DPeerParms* asked, cudaStream_t stream) {
  return in_context([&] {
    CUDA_MEMCPY3D_PEER copy;
    const cudaError_t error = box_copy(*asked, &copy);
    return error != cudaSuccess ? error : error_of(STREAMED(cuMemcpy3DPeerAsync, 4000)(&copy, stream));
  });
}
