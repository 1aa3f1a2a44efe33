// What the elements of an array take, by its description.
#pragma once

#include <cstdint>

#include "core/cuda/driver_api.hpp"

namespace weir::cuda {

struct ArrayExtent {
  std::uint64_t width, height, depth;  ///< 0: the array has no such dimension
  CUarray_format format;
  unsigned channels, flags;
};

template <class Shape>
constexpr ArrayExtent extent_of(const Shape& shape) noexcept {
  ArrayExtent extent{shape.Width, shape.Height, 0, shape.Format, shape.NumChannels, 0};
  if constexpr (requires { shape.Depth; }) {
    extent.depth = shape.Depth;
    extent.flags = shape.Flags;
  }
  return extent;
}

/// Bits of one element, all channels; block-compressed and planar formats on average.
constexpr std::uint64_t element_bits(CUarray_format format, unsigned channels) noexcept {
  switch (format) {
    case CU_AD_FORMAT_UNSIGNED_INT8:
    case CU_AD_FORMAT_SIGNED_INT8: return 8U * channels;
    case CU_AD_FORMAT_UNSIGNED_INT16:
    case CU_AD_FORMAT_SIGNED_INT16:
    case CU_AD_FORMAT_HALF: return 16U * channels;
    case CU_AD_FORMAT_UNSIGNED_INT32:
    case CU_AD_FORMAT_SIGNED_INT32:
    case CU_AD_FORMAT_FLOAT: return 32U * channels;
    case CU_AD_FORMAT_BC1_UNORM:
    case CU_AD_FORMAT_BC1_UNORM_SRGB:
    case CU_AD_FORMAT_BC4_UNORM:
    case CU_AD_FORMAT_BC4_SNORM: return 4;
    case CU_AD_FORMAT_UNORM_INT8X1:
    case CU_AD_FORMAT_SNORM_INT8X1:
    case CU_AD_FORMAT_BC2_UNORM:
    case CU_AD_FORMAT_BC2_UNORM_SRGB:
    case CU_AD_FORMAT_BC3_UNORM:
    case CU_AD_FORMAT_BC3_UNORM_SRGB:
    case CU_AD_FORMAT_BC5_UNORM:
    case CU_AD_FORMAT_BC5_SNORM:
    case CU_AD_FORMAT_BC6H_UF16:
    case CU_AD_FORMAT_BC6H_SF16:
    case CU_AD_FORMAT_BC7_UNORM:
    case CU_AD_FORMAT_BC7_UNORM_SRGB: return 8;
    case CU_AD_FORMAT_NV12: return 12;
    case CU_AD_FORMAT_UNORM_INT8X2:
    case CU_AD_FORMAT_SNORM_INT8X2:
    case CU_AD_FORMAT_UNORM_INT16X1:
    case CU_AD_FORMAT_SNORM_INT16X1:
    case CU_AD_FORMAT_NV16:
    case CU_AD_FORMAT_YUY2: return 16;
    case CU_AD_FORMAT_P010:
    case CU_AD_FORMAT_P016:
    case CU_AD_FORMAT_Y444_PLANAR8:
    case CU_AD_FORMAT_YUV444_8bit_SemiPlanar: return 24;
    case CU_AD_FORMAT_UNORM_INT16X4:
    case CU_AD_FORMAT_SNORM_INT16X4:
    case CU_AD_FORMAT_Y416: return 64;
    case CU_AD_FORMAT_Y444_PLANAR10:
    case CU_AD_FORMAT_YUV444_16bit_SemiPlanar: return 48;
    default: return 32;  // the other formats have elements of four bytes
  }
}

/// With all levels of a mipmap. A sparse array, and one that is mapped later, has no memory of its own.
constexpr std::uint64_t array_bytes(ArrayExtent extent, unsigned levels) noexcept {
  constexpr unsigned kWithoutMemory = CUDA_ARRAY3D_SPARSE | CUDA_ARRAY3D_DEFERRED_MAPPING;
  constexpr unsigned kLayers = CUDA_ARRAY3D_LAYERED | CUDA_ARRAY3D_CUBEMAP;
  if ((extent.flags & kWithoutMemory) != 0) return 0;
  const auto at_least_one = [](std::uint64_t n) { return n == 0 ? 1 : n; };
  const auto half = [](std::uint64_t n) { return n <= 1 ? n : n / 2; };
  std::uint64_t bytes = 0;
  for (unsigned level = 0; level < levels && level < 64; ++level) {
    const std::uint64_t elements =
        at_least_one(extent.width) * at_least_one(extent.height) * at_least_one(extent.depth);
    bytes += elements * element_bits(extent.format, extent.channels) / 8;
    extent.width = half(extent.width);
    extent.height = half(extent.height);
    if ((extent.flags & kLayers) == 0) extent.depth = half(extent.depth);  // layers do not shrink
  }
  return bytes;
}

}  // namespace weir::cuda
