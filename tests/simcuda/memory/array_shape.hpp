// The geometry of CUDA arrays: what a descriptor means, how large its elements are and where they lie in the
// simulated memory. A real array is laid out in an undisclosed, tiled order; this one is plain rows, and so every
// size here is the model's own:
//
//   row bytes   = width (in blocks) x element bytes, rounded up to 32
//   array bytes = row bytes x rows x slices (x planes), rounded up to 512; each mipmap level is rounded so by itself
#pragma once

#include <cuda.h>

#include <cstddef>
#include <optional>

namespace simcuda::memory {

/// One element, or one 4x4 block of a block-compressed format.
struct Element {
  std::size_t bytes = 0;
  unsigned block = 1;     // texels of a block in each direction
  unsigned channels = 0;  // that the format itself demands; 0: as the descriptor says, 1, 2 or 4
};

/// Nothing for a number that is no format of an array of this model (the multi-planar video formats are not,
/// CU_AD_FORMAT_NV12 apart).
[[nodiscard]] std::optional<Element> element_of(CUarray_format format, unsigned channels);

struct ArrayShape {
  CUDA_ARRAY3D_DESCRIPTOR descriptor = {};
  Element element;
  std::size_t row_bytes = 0;  // that carry elements
  std::size_t pitch = 0;
  std::size_t rows = 1;    // of one slice
  std::size_t slices = 1;  // depth, layers or faces
  std::size_t bytes = 0;

  [[nodiscard]] std::size_t slice_bytes() const { return pitch * rows; }
};

/// Nothing for a descriptor that cuArray3DCreate refuses with CUDA_ERROR_INVALID_VALUE.
[[nodiscard]] std::optional<ArrayShape> shape_of(const CUDA_ARRAY3D_DESCRIPTOR& descriptor);
/// The shape of one level: each extent halved, but not the number of layers or faces.
[[nodiscard]] ArrayShape level_of(const ArrayShape& base, unsigned level);
/// How many levels the largest extent allows; a request for more is cut to it.
[[nodiscard]] unsigned most_levels(const ArrayShape& base);

/// cuArrayGetPlane of NV12: plane 0 is the picture in single bytes, plane 1 a quarter of it in pairs.
[[nodiscard]] std::optional<ArrayShape> plane_of(const ArrayShape& whole, unsigned plane);

}  // namespace simcuda::memory
