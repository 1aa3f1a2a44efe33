// Arrays, mipmapped arrays and descriptions of their elements.
#include <cuda_runtime_api.h>

#include "base/driver.hpp"
#include "base/state.hpp"
#include "convert/channel.hpp"
#include "convert/same.hpp"

using namespace simcudart;

namespace {

cudaError_t describe(const cudaChannelFormatDesc* desc, cudaExtent extent, unsigned flags,
                     CUDA_ARRAY3D_DESCRIPTOR* out) {
  if (desc == nullptr) return cudaErrorInvalidValue;
  const Channel channel = channel_of(*desc);
  if (channel.components == 0) return cudaErrorInvalidChannelDescriptor;
  *out = {extent.width, extent.height, extent.depth, channel.format, channel.components, flags};
  return cudaSuccess;
}

}  // namespace

cudaChannelFormatDesc cudaCreateChannelDesc(int x, int y, int z, int w, cudaChannelFormatKind kind) {
  return {x, y, z, w, kind};
}

cudaError_t cudaMalloc3DArray(cudaArray_t* out, const cudaChannelFormatDesc* desc, cudaExtent extent,
                              unsigned flags) {
  return in_context([&] {
    CUDA_ARRAY3D_DESCRIPTOR wanted{};
    const cudaError_t error = describe(desc, extent, flags, &wanted);
    if (error != cudaSuccess) return error;
    return error_of(DRIVER(cuArray3DCreate, 3020)(reinterpret_cast<CUarray*>(out), &wanted));
  });
}

cudaError_t cudaMallocArray(cudaArray_t* out, const cudaChannelFormatDesc* desc, size_t width, size_t height,
                            unsigned flags) {
  if (flags != 0) return cudaMalloc3DArray(out, desc, {width, height, 0}, flags);
  return in_context([&] {
    CUDA_ARRAY3D_DESCRIPTOR wanted{};
    const cudaError_t error = describe(desc, {width, height, 0}, 0, &wanted);
    if (error != cudaSuccess) return error;
    const CUDA_ARRAY_DESCRIPTOR flat{width, height, wanted.Format, wanted.NumChannels};
    return error_of(DRIVER(cuArrayCreate, 3020)(reinterpret_cast<CUarray*>(out), &flat));
  });
}

cudaError_t cudaMallocMipmappedArray(cudaMipmappedArray_t* out, const cudaChannelFormatDesc* desc,
                                     cudaExtent extent, unsigned levels, unsigned flags) {
  return in_context([&] {
    CUDA_ARRAY3D_DESCRIPTOR wanted{};
    const cudaError_t error = describe(desc, extent, flags, &wanted);
    if (error != cudaSuccess) return error;
    return error_of(
        DRIVER(cuMipmappedArrayCreate, 5000)(reinterpret_cast<CUmipmappedArray*>(out), &wanted, levels));
  });
}

cudaError_t cudaFreeArray(cudaArray_t array) {
  return in_context(
      [&] { return array == nullptr ? CUDA_SUCCESS : DRIVER(cuArrayDestroy, 2000)(driver_array(array)); });
}

cudaError_t cudaFreeMipmappedArray(cudaMipmappedArray_t array) {
  return in_context([&] {
    return array == nullptr ? CUDA_SUCCESS : DRIVER(cuMipmappedArrayDestroy, 5000)(driver_array(array));
  });
}

cudaError_t cudaGetMipmappedArrayLevel(cudaArray_t* level, cudaMipmappedArray_const_t array,
                                       unsigned number) {
  return in_context([&] {
    return DRIVER(cuMipmappedArrayGetLevel, 5000)(reinterpret_cast<CUarray*>(level), driver_array(array),
                                                  number);
  });
}

cudaError_t cudaArrayGetInfo(cudaChannelFormatDesc* desc, cudaExtent* extent, unsigned* flags,
                             cudaArray_t array) {
  return in_context([&] {
    CUDA_ARRAY3D_DESCRIPTOR found{};
    const CUresult result = DRIVER(cuArray3DGetDescriptor, 3020)(&found, driver_array(array));
    if (result != CUDA_SUCCESS) return result;
    if (desc != nullptr) *desc = description_of({found.Format, found.NumChannels});
    if (extent != nullptr) *extent = {found.Width, found.Height, found.Depth};
    if (flags != nullptr) *flags = found.Flags;
    return CUDA_SUCCESS;
  });
}

cudaError_t cudaGetChannelDesc(cudaChannelFormatDesc* desc, cudaArray_const_t array) {
  return cudaArrayGetInfo(desc, nullptr, nullptr, const_cast<cudaArray_t>(array));
}

cudaError_t cudaArrayGetPlane(cudaArray_t* plane, cudaArray_t array, unsigned number) {
  return in_context([&] {
    return DRIVER(cuArrayGetPlane, 11020)(reinterpret_cast<CUarray*>(plane), driver_array(array), number);
  });
}

cudaError_t cudaArrayGetMemoryRequirements(cudaArrayMemoryRequirements* out, cudaArray_t array, int device) {
  return in_context([&] {
    return DRIVER(cuArrayGetMemoryRequirements, 11060)(same<CUDA_ARRAY_MEMORY_REQUIREMENTS>(out),
                                                       driver_array(array), device);
  });
}

cudaError_t cudaMipmappedArrayGetMemoryRequirements(cudaArrayMemoryRequirements* out,
                                                    cudaMipmappedArray_t array, int device) {
  return in_context([&] {
    return DRIVER(cuMipmappedArrayGetMemoryRequirements, 11060)(same<CUDA_ARRAY_MEMORY_REQUIREMENTS>(out),
                                                                driver_array(array), device);
  });
}
