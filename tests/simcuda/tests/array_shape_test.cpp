// The geometry of arrays, without a driver.
#include "memory/array_shape.hpp"

#include <gtest/gtest.h>

namespace {

using simcuda::memory::level_of;
using simcuda::memory::most_levels;
using simcuda::memory::plane_of;
using simcuda::memory::shape_of;

CUDA_ARRAY3D_DESCRIPTOR array(std::size_t width, std::size_t height, std::size_t depth,
                              CUarray_format format = CU_AD_FORMAT_FLOAT, unsigned channels = 1,
                              unsigned flags = 0) {
  return {.Width = width,
          .Height = height,
          .Depth = depth,
          .Format = format,
          .NumChannels = channels,
          .Flags = flags};
}

TEST(ArrayShape, RowsAreElementsTimesChannelsPaddedTo32AndTheWholeTo512) {
  auto shape = shape_of(array(5, 3, 0, CU_AD_FORMAT_HALF, 4));
  ASSERT_TRUE(shape);
  EXPECT_EQ(shape->row_bytes, 40U);
  EXPECT_EQ(shape->pitch, 64U);
  EXPECT_EQ(shape->bytes, 512U);
  EXPECT_EQ(shape_of(array(64, 64, 64))->bytes, 64U * 64 * 64 * 4);
}

TEST(ArrayShape, ZeroHeightAndDepthMeanOneDimension) {
  auto line = shape_of(array(100, 0, 0));
  ASSERT_TRUE(line);
  EXPECT_EQ(line->rows, 1U);
  EXPECT_EQ(line->slices, 1U);
  auto layers = shape_of(array(100, 0, 7, CU_AD_FORMAT_FLOAT, 1, CUDA_ARRAY3D_LAYERED));
  ASSERT_TRUE(layers);
  EXPECT_EQ(layers->slices, 7U);
}

TEST(ArrayShape, ImpossibleDescriptorsAreRefused) {
  EXPECT_FALSE(shape_of(array(0, 4, 4)));
  EXPECT_FALSE(shape_of(array(4, 0, 4)));
  EXPECT_FALSE(shape_of(array(4, 4, 0, CU_AD_FORMAT_FLOAT, 3)));
  EXPECT_FALSE(shape_of(array(4, 4, 0, static_cast<CUarray_format>(0x7f))));
  EXPECT_FALSE(shape_of(array(4, 4, 5, CU_AD_FORMAT_FLOAT, 1, CUDA_ARRAY3D_CUBEMAP)));
  EXPECT_FALSE(shape_of(array(4, 5, 6, CU_AD_FORMAT_FLOAT, 1, CUDA_ARRAY3D_CUBEMAP)));
  EXPECT_TRUE(shape_of(array(4, 4, 6, CU_AD_FORMAT_FLOAT, 1, CUDA_ARRAY3D_CUBEMAP)));
  EXPECT_FALSE(shape_of(array(4, 4, 4, CU_AD_FORMAT_FLOAT, 1, CUDA_ARRAY3D_TEXTURE_GATHER)));
  EXPECT_FALSE(shape_of(array(20000, 4, 4)));
  EXPECT_FALSE(shape_of(array(4, 4, 0, CU_AD_FORMAT_FLOAT, 1, 0x40000000)));
}

TEST(ArrayShape, BlockCompressionCountsBlocksOfFour) {
  auto shape = shape_of(array(9, 9, 0, CU_AD_FORMAT_BC1_UNORM, 4));
  ASSERT_TRUE(shape);
  EXPECT_EQ(shape->row_bytes, 3U * 8);
  EXPECT_EQ(shape->rows, 3U);
  EXPECT_EQ(shape_of(array(9, 9, 0, CU_AD_FORMAT_BC7_UNORM, 4))->row_bytes, 3U * 16);
}

TEST(ArrayShape, NormalisedFormatsCarryTheirChannels) {
  EXPECT_EQ(shape_of(array(1, 0, 0, CU_AD_FORMAT_UNORM_INT8X4, 4))->row_bytes, 4U);
  EXPECT_EQ(shape_of(array(1, 0, 0, CU_AD_FORMAT_UNORM_INT16X1, 1))->row_bytes, 2U);
  EXPECT_EQ(shape_of(array(1, 0, 0, CU_AD_FORMAT_SNORM_INT8X2, 2))->row_bytes, 2U);
  EXPECT_EQ(shape_of(array(1, 0, 0, CU_AD_FORMAT_SNORM_INT16X4, 4))->row_bytes, 8U);
  EXPECT_FALSE(shape_of(array(1, 0, 0, CU_AD_FORMAT_SNORM_INT16X4, 2)));
}

TEST(ArrayShape, LevelsHalveExtentsButNotLayers) {
  auto solid = shape_of(array(16, 8, 4));
  EXPECT_EQ(most_levels(*solid), 5U);
  EXPECT_EQ(level_of(*solid, 2).descriptor.Width, 4U);
  EXPECT_EQ(level_of(*solid, 4).descriptor.Height, 1U);
  EXPECT_EQ(level_of(*solid, 1).descriptor.Depth, 2U);
  auto layers = shape_of(array(16, 8, 4, CU_AD_FORMAT_FLOAT, 1, CUDA_ARRAY3D_LAYERED));
  EXPECT_EQ(level_of(*layers, 3).descriptor.Depth, 4U);
  auto line = shape_of(array(16, 0, 0));
  EXPECT_EQ(level_of(*line, 1).descriptor.Height, 0U);
}

TEST(ArrayShape, TheSecondPlaneOfNv12IsAQuarterInPairs) {
  auto picture = shape_of(array(64, 32, 0, CU_AD_FORMAT_NV12, 3));
  ASSERT_TRUE(picture);
  EXPECT_EQ(picture->bytes, 64U * 48);
  auto colour = plane_of(*picture, 1);
  ASSERT_TRUE(colour);
  EXPECT_EQ(colour->descriptor.Width, 32U);
  EXPECT_EQ(colour->descriptor.NumChannels, 2U);
  EXPECT_FALSE(plane_of(*picture, 2));
  EXPECT_FALSE(plane_of(*shape_of(array(64, 32, 0)), 0));
}

}  // namespace
