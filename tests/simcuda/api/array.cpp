// CUDA arrays and mipmapped arrays. Mapping of sparse arrays is not simulated.
#include <cuda.h>

#include "base/entry.hpp"
#include "base/lock.hpp"
#include "device/device.hpp"
#include "device/drain.hpp"
#include "memory/array.hpp"
#include "memory/properties.hpp"

using namespace simcuda;
using namespace simcuda::memory;

namespace {

CUDA_ARRAY3D_DESCRIPTOR flat(const CUDA_ARRAY_DESCRIPTOR& plain) {
  CUDA_ARRAY3D_DESCRIPTOR descriptor = {};
  descriptor.Width = plain.Width;
  descriptor.Height = plain.Height;
  descriptor.Format = plain.Format;
  descriptor.NumChannels = plain.NumChannels;
  return descriptor;
}

CUresult create(const char* name, CUarray* handle, const CUDA_ARRAY3D_DESCRIPTOR* descriptor) {
  return in_context(name, [&](Context& context) -> CUresult {
    if (handle == nullptr || descriptor == nullptr) return CUDA_ERROR_INVALID_VALUE;
    return locked([&] { return create_array(handle, *descriptor, context); });
  });
}

/// Answers `out` from the descriptor of the array.
template <class Out, class Fill>
CUresult describe(const char* name, Out* out, CUarray handle, Fill&& fill) {
  return in_context(name, [&](Context&) -> CUresult {
    if (out == nullptr) return CUDA_ERROR_INVALID_VALUE;
    return locked([&]() -> CUresult {
      const ArrayShape* shape = shape_of(handle);
      if (shape == nullptr) return CUDA_ERROR_INVALID_HANDLE;
      fill(shape->descriptor);
      return CUDA_SUCCESS;
    });
  });
}

CUresult require(CUDA_ARRAY_MEMORY_REQUIREMENTS* out, const ArrayShape* shape, size_t bytes,
                 CUdevice device) {
  if (out == nullptr || shape == nullptr || device_of(device) == nullptr) return CUDA_ERROR_INVALID_VALUE;
  if ((shape->descriptor.Flags & CUDA_ARRAY3D_DEFERRED_MAPPING) == 0) return CUDA_ERROR_INVALID_VALUE;
  *out = {};
  out->size = (bytes + kGranularity - 1) / kGranularity * kGranularity;
  out->alignment = kGranularity;
  return CUDA_SUCCESS;
}

// The first API's descriptors have sizes of 32 bits.
template <class Wide, class Narrow>
Wide widened(const Narrow& narrow) {
  Wide wide = {};
  wide.Width = narrow.Width;
  wide.Height = narrow.Height;
  wide.Format = narrow.Format;
  wide.NumChannels = narrow.NumChannels;
  return wide;
}

}  // namespace

extern "C" CUresult CUDAAPI cuArrayCreate_v2(CUarray* handle, const CUDA_ARRAY_DESCRIPTOR* descriptor) {
  if (descriptor == nullptr) return create(__func__, handle, nullptr);
  const CUDA_ARRAY3D_DESCRIPTOR full = flat(*descriptor);
  return create(__func__, handle, &full);
}

extern "C" CUresult CUDAAPI cuArrayCreate(CUarray* handle, const CUDA_ARRAY_DESCRIPTOR_v1* descriptor) {
  if (descriptor == nullptr) return create(__func__, handle, nullptr);
  const auto full = widened<CUDA_ARRAY3D_DESCRIPTOR>(*descriptor);
  return create(__func__, handle, &full);
}

extern "C" CUresult CUDAAPI cuArray3DCreate_v2(CUarray* handle, const CUDA_ARRAY3D_DESCRIPTOR* descriptor) {
  return create(__func__, handle, descriptor);
}

extern "C" CUresult CUDAAPI cuArray3DCreate(CUarray* handle, const CUDA_ARRAY3D_DESCRIPTOR_v1* descriptor) {
  if (descriptor == nullptr) return create(__func__, handle, nullptr);
  auto full = widened<CUDA_ARRAY3D_DESCRIPTOR>(*descriptor);
  full.Depth = descriptor->Depth;
  full.Flags = descriptor->Flags;
  return create(__func__, handle, &full);
}

extern "C" CUresult CUDAAPI cuArrayGetDescriptor_v2(CUDA_ARRAY_DESCRIPTOR* out, CUarray handle) {
  return describe(__func__, out, handle,
                  [&](const CUDA_ARRAY3D_DESCRIPTOR& full) { *out = widened<CUDA_ARRAY_DESCRIPTOR>(full); });
}

extern "C" CUresult CUDAAPI cuArrayGetDescriptor(CUDA_ARRAY_DESCRIPTOR_v1* out, CUarray handle) {
  return describe(__func__, out, handle, [&](const CUDA_ARRAY3D_DESCRIPTOR& full) {
    *out = {static_cast<unsigned>(full.Width), static_cast<unsigned>(full.Height), full.Format,
            full.NumChannels};
  });
}

extern "C" CUresult CUDAAPI cuArray3DGetDescriptor_v2(CUDA_ARRAY3D_DESCRIPTOR* out, CUarray handle) {
  return describe(__func__, out, handle, [&](const CUDA_ARRAY3D_DESCRIPTOR& full) { *out = full; });
}

extern "C" CUresult CUDAAPI cuArray3DGetDescriptor(CUDA_ARRAY3D_DESCRIPTOR_v1* out, CUarray handle) {
  return describe(__func__, out, handle, [&](const CUDA_ARRAY3D_DESCRIPTOR& full) {
    *out = {static_cast<unsigned>(full.Width),
            static_cast<unsigned>(full.Height),
            static_cast<unsigned>(full.Depth),
            full.Format,
            full.NumChannels,
            full.Flags};
  });
}

extern "C" CUresult CUDAAPI cuArrayGetMemoryRequirements(CUDA_ARRAY_MEMORY_REQUIREMENTS* out, CUarray handle,
                                                         CUdevice device) {
  return in_context(__func__, [&](Context&) {
    return locked([&] {
      const ArrayShape* shape = shape_of(handle);
      return require(out, shape, shape == nullptr ? 0 : shape->bytes, device);
    });
  });
}

extern "C" CUresult CUDAAPI cuMipmappedArrayGetMemoryRequirements(CUDA_ARRAY_MEMORY_REQUIREMENTS* out,
                                                                  CUmipmappedArray handle, CUdevice device) {
  return in_context(__func__, [&](Context&) {
    return locked([&] { return require(out, shape_of(handle), bytes_of(handle), device); });
  });
}

extern "C" CUresult CUDAAPI cuArrayGetPlane(CUarray* plane, CUarray handle, unsigned int index) {
  return in_context(__func__, [&](Context&) -> CUresult {
    if (plane == nullptr) return CUDA_ERROR_INVALID_VALUE;
    return locked([&] { return plane_of(plane, handle, index); });
  });
}

extern "C" CUresult CUDAAPI cuArrayDestroy(CUarray handle) {
  return in_context(__func__, [&](Context& context) -> CUresult {
    const CUresult left = drain(context);
    if (left != CUDA_SUCCESS) return left;
    return locked([&] { return destroy_array(handle); });
  });
}

extern "C" CUresult CUDAAPI cuMipmappedArrayCreate(CUmipmappedArray* handle,
                                                   const CUDA_ARRAY3D_DESCRIPTOR* descriptor,
                                                   unsigned int levels) {
  return in_context(__func__, [&](Context& context) -> CUresult {
    if (handle == nullptr || descriptor == nullptr) return CUDA_ERROR_INVALID_VALUE;
    return locked([&] { return create_mipmap(handle, *descriptor, levels, context); });
  });
}

extern "C" CUresult CUDAAPI cuMipmappedArrayGetLevel(CUarray* level, CUmipmappedArray handle,
                                                     unsigned int index) {
  return in_context(__func__, [&](Context&) -> CUresult {
    if (level == nullptr) return CUDA_ERROR_INVALID_VALUE;
    return locked([&] { return level_of(level, handle, index); });
  });
}

extern "C" CUresult CUDAAPI cuMipmappedArrayDestroy(CUmipmappedArray handle) {
  return in_context(__func__, [&](Context& context) -> CUresult {
    const CUresult left = drain(context);
    if (left != CUDA_SUCCESS) return left;
    return locked([&] { return destroy_mipmap(handle); });
  });
}
