// Copies of rectangles and boxes in the driver's terms. Each end of a copy is memory with a pitch or an array.
#pragma once

#include <cuda.h>
#include <cuda_runtime_api.h>

#include <cstddef>

namespace simcudart {

/// One end: `array` or else `memory`. Offsets in bytes (x) and rows (y).
struct Plane {
  const void* memory = nullptr;
  std::size_t pitch = 0;
  cudaArray_const_t array = nullptr;
  std::size_t x = 0, y = 0;
};

/// width in bytes.
CUDA_MEMCPY2D plane_copy(const Plane& to, const Plane& from, std::size_t width, std::size_t height,
                         cudaMemcpyKind kind);

/// What a structure of the runtime says; offsets and widths become bytes when an array takes part.
cudaError_t box_copy(const cudaMemcpy3DParms& asked, CUDA_MEMCPY3D* out);
cudaError_t box_copy(const cudaMemcpy3DPeerParms& asked, CUDA_MEMCPY3D_PEER* out);

/// The way back, for what a graph's node says.
cudaMemcpy3DParms box_of(const CUDA_MEMCPY3D& copy);

/// The kind a pair of ends has for the driver. Default: the addresses say it (unified addressing).
CUmemorytype source_type(cudaMemcpyKind kind);
CUmemorytype target_type(cudaMemcpyKind kind);

/// Bytes of an element; 0: not an array.
unsigned element_bytes(cudaArray_const_t array);

}  // namespace simcudart
