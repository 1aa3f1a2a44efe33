#include "convert/channel.hpp"

#include <iterator>

namespace simcudart {
namespace {

struct Row {
  cudaChannelFormatKind kind;
  int bits;
  CUarray_format format;
};

constexpr Row kFormats[] = {
    {cudaChannelFormatKindUnsigned, 8, CU_AD_FORMAT_UNSIGNED_INT8},
    {cudaChannelFormatKindUnsigned, 16, CU_AD_FORMAT_UNSIGNED_INT16},
    {cudaChannelFormatKindUnsigned, 32, CU_AD_FORMAT_UNSIGNED_INT32},
    {cudaChannelFormatKindSigned, 8, CU_AD_FORMAT_SIGNED_INT8},
    {cudaChannelFormatKindSigned, 16, CU_AD_FORMAT_SIGNED_INT16},
    {cudaChannelFormatKindSigned, 32, CU_AD_FORMAT_SIGNED_INT32},
    {cudaChannelFormatKindFloat, 16, CU_AD_FORMAT_HALF},
    {cudaChannelFormatKindFloat, 32, CU_AD_FORMAT_FLOAT},
};

const Row* row_of(CUarray_format format) {
  for (const Row& row : kFormats)
    if (row.format == format) return &row;
  return nullptr;
}

}  // namespace

Channel channel_of(const cudaChannelFormatDesc& desc) {
  const int bits[] = {desc.x, desc.y, desc.z, desc.w};
  unsigned components = 0;
  while (components < std::size(bits) && bits[components] != 0) ++components;
  for (const Row& row : kFormats)
    if (row.kind == desc.f && row.bits == desc.x && components != 3) return {row.format, components};
  return {CU_AD_FORMAT_UNSIGNED_INT8, 0};
}

cudaChannelFormatDesc description_of(Channel channel) {
  cudaChannelFormatDesc desc{};
  desc.f = cudaChannelFormatKindNone;
  const Row* row = row_of(channel.format);
  if (row == nullptr) return desc;
  desc.f = row->kind;
  int* bits[] = {&desc.x, &desc.y, &desc.z, &desc.w};
  for (unsigned i = 0; i < channel.components && i < std::size(bits); ++i) *bits[i] = row->bits;
  return desc;
}

unsigned element_bytes(Channel channel) {
  const Row* row = row_of(channel.format);
  return row == nullptr ? 0 : row->bits / 8 * channel.components;
}

}  // namespace simcudart
