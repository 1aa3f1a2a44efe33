// CUDA arrays and mipmapped arrays: handles, shapes and where their rows lie. Copies reach them through view_of.
// An array belongs to its context; a level or a plane belongs to the array it is of. All under the driver's lock.
#pragma once

#include <cuda.h>

#include <cstddef>
#include <optional>

#include "memory/array_shape.hpp"

namespace simcuda {
class Context;
}

namespace simcuda::memory {

/// Rows of an array as copies see them: an element is at base + z * slice + y * pitch + x * element bytes.
struct ArrayView {
  std::byte* base = nullptr;
  ArrayShape shape;
};

/// Nothing for a value that is no living array, or for one without memory (sparse, deferred mapping).
[[nodiscard]] std::optional<ArrayView> view_of(CUarray handle);
/// The same for arrays that have no memory too.
[[nodiscard]] const ArrayShape* shape_of(CUarray handle);
[[nodiscard]] const ArrayShape* shape_of(CUmipmappedArray handle, unsigned* levels = nullptr);

CUresult create_array(CUarray* handle, const CUDA_ARRAY3D_DESCRIPTOR& descriptor, Context& context);
CUresult plane_of(CUarray* plane, CUarray handle, unsigned index);
/// CUDA_ERROR_INVALID_HANDLE also for levels and planes: they go with their owner.
CUresult destroy_array(CUarray handle);

CUresult create_mipmap(CUmipmappedArray* handle, const CUDA_ARRAY3D_DESCRIPTOR& descriptor, unsigned levels,
                       Context& context);
CUresult level_of(CUarray* level, CUmipmappedArray handle, unsigned index);
CUresult destroy_mipmap(CUmipmappedArray handle);

/// All levels together.
[[nodiscard]] std::size_t bytes_of(CUmipmappedArray handle);

}  // namespace simcuda::memory
