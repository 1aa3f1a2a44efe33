#include "convert/copy.hpp"

#include "base/driver.hpp"
#include "base/state.hpp"
#include "convert/channel.hpp"
#include "convert/same.hpp"

namespace simcudart {
namespace {

/// The unit of offsets and widths: an element of the arrays that take part, or a byte.
cudaError_t unit_of(cudaArray_const_t to, cudaArray_const_t from, std::size_t* unit) {
  *unit = 1;
  if (to == nullptr && from == nullptr) return cudaSuccess;
  *unit = element_bytes(to != nullptr ? to : from);
  const bool differ = to != nullptr && from != nullptr && element_bytes(to) != element_bytes(from);
  return *unit == 0 || differ ? cudaErrorInvalidValue : cudaSuccess;
}

// The ends of a box, the same for both structures of the driver.
template <typename Asked, typename Copy>
cudaError_t fill_box(const Asked& asked, cudaMemcpyKind kind, Copy* out) {
  const bool arrays = asked.srcArray != nullptr || asked.dstArray != nullptr;
  const bool both_from = asked.srcArray != nullptr && asked.srcPtr.ptr != nullptr;
  const bool both_to = asked.dstArray != nullptr && asked.dstPtr.ptr != nullptr;
  if (both_from || both_to) return cudaErrorInvalidValue;
  std::size_t unit = 1;
  if (const cudaError_t error = unit_of(asked.dstArray, asked.srcArray, &unit); error != cudaSuccess)
    return error;
  // The offset into memory counts bytes even when the extent counts elements.
  const auto bytes = [&](std::size_t x, cudaArray_t array) {
    return array != nullptr && arrays ? x * unit : x;
  };
  Copy copy{};
  copy.srcXInBytes = bytes(asked.srcPos.x, asked.srcArray);
  copy.srcY = asked.srcPos.y;
  copy.srcZ = asked.srcPos.z;
  copy.srcMemoryType = asked.srcArray != nullptr ? CU_MEMORYTYPE_ARRAY : source_type(kind);
  copy.srcHost = asked.srcPtr.ptr;
  copy.srcDevice = address_of(asked.srcPtr.ptr);
  copy.srcArray = driver_array(asked.srcArray);
  copy.srcPitch = asked.srcPtr.pitch;
  copy.srcHeight = asked.srcPtr.ysize;
  copy.dstXInBytes = bytes(asked.dstPos.x, asked.dstArray);
  copy.dstY = asked.dstPos.y;
  copy.dstZ = asked.dstPos.z;
  copy.dstMemoryType = asked.dstArray != nullptr ? CU_MEMORYTYPE_ARRAY : target_type(kind);
  copy.dstHost = asked.dstPtr.ptr;
  copy.dstDevice = address_of(asked.dstPtr.ptr);
  copy.dstArray = driver_array(asked.dstArray);
  copy.dstPitch = asked.dstPtr.pitch;
  copy.dstHeight = asked.dstPtr.ysize;
  copy.WidthInBytes = asked.extent.width * unit;
  copy.Height = asked.extent.height;
  copy.Depth = asked.extent.depth;
  *out = copy;
  return cudaSuccess;
}

}  // namespace

CUmemorytype source_type(cudaMemcpyKind kind) {
  if (kind == cudaMemcpyDefault) return CU_MEMORYTYPE_UNIFIED;
  return kind == cudaMemcpyHostToHost || kind == cudaMemcpyHostToDevice ? CU_MEMORYTYPE_HOST
                                                                        : CU_MEMORYTYPE_DEVICE;
}

CUmemorytype target_type(cudaMemcpyKind kind) {
  if (kind == cudaMemcpyDefault) return CU_MEMORYTYPE_UNIFIED;
  return kind == cudaMemcpyHostToHost || kind == cudaMemcpyDeviceToHost ? CU_MEMORYTYPE_HOST
                                                                        : CU_MEMORYTYPE_DEVICE;
}

CUDA_MEMCPY2D plane_copy(const Plane& to, const Plane& from, std::size_t width, std::size_t height,
                         cudaMemcpyKind kind) {
  CUDA_MEMCPY2D copy{};
  copy.srcXInBytes = from.x;
  copy.srcY = from.y;
  copy.srcMemoryType = from.array != nullptr ? CU_MEMORYTYPE_ARRAY : source_type(kind);
  copy.srcHost = from.memory;
  copy.srcDevice = address_of(from.memory);
  copy.srcArray = driver_array(from.array);
  copy.srcPitch = from.pitch;
  copy.dstXInBytes = to.x;
  copy.dstY = to.y;
  copy.dstMemoryType = to.array != nullptr ? CU_MEMORYTYPE_ARRAY : target_type(kind);
  copy.dstHost = const_cast<void*>(to.memory);
  copy.dstDevice = address_of(to.memory);
  copy.dstArray = driver_array(to.array);
  copy.dstPitch = to.pitch;
  copy.WidthInBytes = width;
  copy.Height = height;
  return copy;
}

cudaError_t box_copy(const cudaMemcpy3DParms& asked, CUDA_MEMCPY3D* out) {
  return fill_box(asked, asked.kind, out);
}

cudaError_t box_copy(const cudaMemcpy3DPeerParms& asked, CUDA_MEMCPY3D_PEER* out) {
  cudaError_t error = fill_box(asked, cudaMemcpyDeviceToDevice, out);
  if (error == cudaSuccess) error = error_of(primary_context(asked.srcDevice, &out->srcContext));
  if (error == cudaSuccess) error = error_of(primary_context(asked.dstDevice, &out->dstContext));
  return error;
}

cudaMemcpy3DParms box_of(const CUDA_MEMCPY3D& copy) {
  const auto pointer = [](CUmemorytype type, const void* host, CUdeviceptr device) -> void* {
    if (type == CU_MEMORYTYPE_ARRAY) return nullptr;
    return type == CU_MEMORYTYPE_HOST ? const_cast<void*>(host) : reinterpret_cast<void*>(device);
  };
  const bool from_host = copy.srcMemoryType == CU_MEMORYTYPE_HOST,
             to_host = copy.dstMemoryType == CU_MEMORYTYPE_HOST;
  const bool unified =
      copy.srcMemoryType == CU_MEMORYTYPE_UNIFIED || copy.dstMemoryType == CU_MEMORYTYPE_UNIFIED;
  cudaMemcpy3DParms box{};
  if (copy.srcMemoryType == CU_MEMORYTYPE_ARRAY) box.srcArray = reinterpret_cast<cudaArray_t>(copy.srcArray);
  if (copy.dstMemoryType == CU_MEMORYTYPE_ARRAY) box.dstArray = reinterpret_cast<cudaArray_t>(copy.dstArray);
  std::size_t unit = 1;
  unit_of(box.dstArray, box.srcArray, &unit);
  if (unit == 0) unit = 1;
  box.srcPos = {box.srcArray ? copy.srcXInBytes / unit : copy.srcXInBytes, copy.srcY, copy.srcZ};
  box.dstPos = {box.dstArray ? copy.dstXInBytes / unit : copy.dstXInBytes, copy.dstY, copy.dstZ};
  box.srcPtr = {pointer(copy.srcMemoryType, copy.srcHost, copy.srcDevice), copy.srcPitch, copy.srcPitch,
                copy.srcHeight};
  box.dstPtr = {pointer(copy.dstMemoryType, copy.dstHost, copy.dstDevice), copy.dstPitch, copy.dstPitch,
                copy.dstHeight};
  box.extent = {copy.WidthInBytes / unit, copy.Height, copy.Depth};
  if (unified)
    box.kind = cudaMemcpyDefault;
  else if (from_host)
    box.kind = to_host ? cudaMemcpyHostToHost : cudaMemcpyHostToDevice;
  else
    box.kind = to_host ? cudaMemcpyDeviceToHost : cudaMemcpyDeviceToDevice;
  return box;
}

unsigned element_bytes(cudaArray_const_t array) {
  CUDA_ARRAY3D_DESCRIPTOR desc{};
  if (DRIVER(cuArray3DGetDescriptor, 3020)(&desc, driver_array(array)) != CUDA_SUCCESS) return 0;
  return element_bytes(Channel{desc.Format, desc.NumChannels});
}

}  // namespace simcudart
