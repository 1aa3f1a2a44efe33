// Arrays and mipmapped arrays. Their layout is the driver's secret: what is counted is what their elements take.
#include "core/cuda/array_bytes.hpp"
#include "core/cuda/bodies.hpp"

namespace weir::cuda {
namespace {

template <class Handle, class Shape>
CUresult record_array(Call& call, CudaKey keys, CUresult result, const Handle* out, const Shape* shape,
                      unsigned levels) noexcept {
  if (result == CUDA_SUCCESS && out != nullptr && shape != nullptr)
    call.allocated(keys, key_of(*out), array_bytes(extent_of(*shape), levels), Space::Device,
                   MemoryKind::Array);
  return result;
}

}  // namespace

CUresult create_array_v1(Call& call, decltype(&::cuArrayCreate) real, CUarray* out,
                         const CUDA_ARRAY_DESCRIPTOR_v1* shape) noexcept {
  return record_array(call, CudaKey::Array, real(out, shape), out, shape, 1);
}

CUresult create_array(Call& call, decltype(&::cuArrayCreate_v2) real, CUarray* out,
                      const CUDA_ARRAY_DESCRIPTOR* shape) noexcept {
  return record_array(call, CudaKey::Array, real(out, shape), out, shape, 1);
}

CUresult create_array_3d_v1(Call& call, decltype(&::cuArray3DCreate) real, CUarray* out,
                            const CUDA_ARRAY3D_DESCRIPTOR_v1* shape) noexcept {
  return record_array(call, CudaKey::Array, real(out, shape), out, shape, 1);
}

CUresult create_array_3d(Call& call, decltype(&::cuArray3DCreate_v2) real, CUarray* out,
                         const CUDA_ARRAY3D_DESCRIPTOR* shape) noexcept {
  return record_array(call, CudaKey::Array, real(out, shape), out, shape, 1);
}

CUresult destroy_array(Call& call, CUresult (*real)(CUarray), CUarray array) noexcept {
  return call.release(CudaKey::Array, key_of(array), Space::Device, [=] { return real(array); });
}

CUresult create_mipmap(Call& call, decltype(&::cuMipmappedArrayCreate) real, CUmipmappedArray* out,
                       const CUDA_ARRAY3D_DESCRIPTOR* shape, unsigned levels) noexcept {
  return record_array(call, CudaKey::Mipmap, real(out, shape, levels), out, shape, levels);
}

CUresult destroy_mipmap(Call& call, CUresult (*real)(CUmipmappedArray), CUmipmappedArray array) noexcept {
  return call.release(CudaKey::Mipmap, key_of(array), Space::Device, [=] { return real(array); });
}

}  // namespace weir::cuda
