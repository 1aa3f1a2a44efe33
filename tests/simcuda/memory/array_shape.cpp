#include "memory/array_shape.hpp"

#include <algorithm>
#include <bit>
#include <initializer_list>

namespace simcuda::memory {
namespace {

constexpr std::size_t kRowAlignment = 32;
constexpr std::size_t kArrayAlignment = 512;
constexpr unsigned kWidestPlain = 131072;  // 1D and 2D
constexpr unsigned kWidestSolid = 16384;   // 3D
constexpr unsigned kMostLayers = 2048;

constexpr std::size_t round_up(std::size_t value, std::size_t to) { return (value + to - 1) / to * to; }

bool has(const CUDA_ARRAY3D_DESCRIPTOR& descriptor, unsigned flag) { return (descriptor.Flags & flag) != 0; }

/// Slices that are not a third dimension: mipmaps do not halve them.
bool is_layered(const CUDA_ARRAY3D_DESCRIPTOR& descriptor) {
  return has(descriptor, CUDA_ARRAY3D_LAYERED) || has(descriptor, CUDA_ARRAY3D_CUBEMAP);
}

bool known_flags(unsigned flags) {
  constexpr unsigned kKnown = CUDA_ARRAY3D_LAYERED | CUDA_ARRAY3D_SURFACE_LDST | CUDA_ARRAY3D_CUBEMAP |
                              CUDA_ARRAY3D_TEXTURE_GATHER | CUDA_ARRAY3D_DEPTH_TEXTURE |
                              CUDA_ARRAY3D_COLOR_ATTACHMENT | CUDA_ARRAY3D_SPARSE |
                              CUDA_ARRAY3D_DEFERRED_MAPPING | CUDA_ARRAY3D_VIDEO_ENCODE_DECODE;
  return (flags & ~kKnown) == 0;
}

bool valid_cubemap(const CUDA_ARRAY3D_DESCRIPTOR& d) {
  bool layered = has(d, CUDA_ARRAY3D_LAYERED);
  return d.Width == d.Height && d.Depth > 0 && (layered ? d.Depth % 6 == 0 : d.Depth == 6);
}

bool valid_extents(const CUDA_ARRAY3D_DESCRIPTOR& d) {
  if (d.Width == 0) return false;
  if (has(d, CUDA_ARRAY3D_CUBEMAP)) return valid_cubemap(d);
  if (has(d, CUDA_ARRAY3D_LAYERED)) return d.Depth > 0 && d.Depth <= kMostLayers;
  if (d.Height == 0 && d.Depth > 0) return false;
  std::size_t widest = d.Depth > 0 ? kWidestSolid : kWidestPlain;
  return d.Width <= widest && d.Height <= widest && d.Depth <= widest;
}

void lay_out(ArrayShape& shape) {
  const auto& d = shape.descriptor;
  std::size_t block = shape.element.block;
  shape.row_bytes = (d.Width + block - 1) / block * shape.element.bytes;
  shape.pitch = round_up(shape.row_bytes, kRowAlignment);
  shape.rows = std::max<std::size_t>(1, (d.Height + block - 1) / block);
  shape.slices = std::max<std::size_t>(1, d.Depth);
  std::size_t bytes = shape.pitch * shape.rows * shape.slices;
  if (d.Format == CU_AD_FORMAT_NV12) bytes += shape.pitch * ((shape.rows + 1) / 2);
  shape.bytes = round_up(bytes, kArrayAlignment);
}

bool among(CUarray_format format, int first, int last) { return format >= first && format <= last; }

}  // namespace

std::optional<Element> element_of(CUarray_format format, unsigned channels) {
  auto plain = [&](std::size_t bytes) -> std::optional<Element> {
    if (channels != 1 && channels != 2 && channels != 4) return std::nullopt;
    return Element{.bytes = bytes * channels, .block = 1, .channels = 0};
  };
  auto fixed = [&](std::size_t bytes, unsigned block, unsigned demanded) -> std::optional<Element> {
    if (channels != demanded) return std::nullopt;
    return Element{.bytes = bytes, .block = block, .channels = demanded};
  };
  switch (format) {
    case CU_AD_FORMAT_UNSIGNED_INT8:
    case CU_AD_FORMAT_SIGNED_INT8: return plain(1);
    case CU_AD_FORMAT_UNSIGNED_INT16:
    case CU_AD_FORMAT_SIGNED_INT16:
    case CU_AD_FORMAT_HALF: return plain(2);
    case CU_AD_FORMAT_UNSIGNED_INT32:
    case CU_AD_FORMAT_SIGNED_INT32:
    case CU_AD_FORMAT_FLOAT: return plain(4);
    case CU_AD_FORMAT_NV12: return fixed(1, 1, 3);
    case CU_AD_FORMAT_UNORM_INT_101010_2: return fixed(4, 1, 4);
    case CU_AD_FORMAT_BC4_UNORM:
    case CU_AD_FORMAT_BC4_SNORM: return fixed(8, 4, 1);
    case CU_AD_FORMAT_BC5_UNORM:
    case CU_AD_FORMAT_BC5_SNORM: return fixed(16, 4, 2);
    case CU_AD_FORMAT_BC6H_UF16:
    case CU_AD_FORMAT_BC6H_SF16: return fixed(16, 4, 3);
    default: break;
  }
  if (among(format, CU_AD_FORMAT_BC1_UNORM, CU_AD_FORMAT_BC1_UNORM_SRGB)) return fixed(8, 4, 4);
  if (among(format, CU_AD_FORMAT_BC2_UNORM, CU_AD_FORMAT_BC7_UNORM_SRGB)) return fixed(16, 4, 4);
  // Eight and sixteen bits, normalised: each triple of numbers is one, two and four channels.
  if (among(format, CU_AD_FORMAT_UNORM_INT8X1, CU_AD_FORMAT_SNORM_INT16X4)) {
    int step = format - CU_AD_FORMAT_UNORM_INT8X1;
    unsigned demanded = 1U << (step % 3);
    std::size_t bytes = (step / 3) % 2 == 0 ? 1 : 2;
    return fixed(bytes * demanded, 1, demanded);
  }
  return std::nullopt;
}

std::optional<ArrayShape> shape_of(const CUDA_ARRAY3D_DESCRIPTOR& descriptor) {
  auto element = element_of(descriptor.Format, descriptor.NumChannels);
  if (!element || !known_flags(descriptor.Flags) || !valid_extents(descriptor)) return std::nullopt;
  bool is_picture = descriptor.Height > 0 && descriptor.Depth == 0;
  if (has(descriptor, CUDA_ARRAY3D_TEXTURE_GATHER) && !is_picture) return std::nullopt;
  if (descriptor.Format == CU_AD_FORMAT_NV12 && !is_picture) return std::nullopt;
  ArrayShape shape{.descriptor = descriptor, .element = *element};
  lay_out(shape);
  return shape;
}

ArrayShape level_of(const ArrayShape& base, unsigned level) {
  auto halved = [&](std::size_t extent) {
    return extent == 0 ? 0 : std::max<std::size_t>(1, extent >> level);
  };
  ArrayShape shape = base;
  shape.descriptor.Width = halved(base.descriptor.Width);
  shape.descriptor.Height = halved(base.descriptor.Height);
  if (!is_layered(base.descriptor)) shape.descriptor.Depth = halved(base.descriptor.Depth);
  lay_out(shape);
  return shape;
}

unsigned most_levels(const ArrayShape& base) {
  std::size_t largest = std::max(base.descriptor.Width, base.descriptor.Height);
  if (!is_layered(base.descriptor)) largest = std::max(largest, base.descriptor.Depth);
  return static_cast<unsigned>(std::bit_width(largest));
}

std::optional<ArrayShape> plane_of(const ArrayShape& whole, unsigned plane) {
  if (whole.descriptor.Format != CU_AD_FORMAT_NV12 || plane > 1) return std::nullopt;
  CUDA_ARRAY3D_DESCRIPTOR descriptor = whole.descriptor;
  descriptor.Format = CU_AD_FORMAT_UNSIGNED_INT8;
  descriptor.NumChannels = plane + 1;
  if (plane == 1) {
    descriptor.Width /= 2;
    descriptor.Height /= 2;
  }
  auto shape = shape_of(descriptor);
  if (shape) shape->pitch = whole.pitch;
  return shape;
}

}  // namespace simcuda::memory
