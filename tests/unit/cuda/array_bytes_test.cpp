#include "core/cuda/array_bytes.hpp"

#include <gtest/gtest.h>

using namespace weir::cuda;

namespace {

std::uint64_t bytes(ArrayExtent extent, unsigned levels = 1) { return array_bytes(extent, levels); }

TEST(ArrayBytes, ElementsTimesChannelsTimesExtent) {
  EXPECT_EQ(bytes({100, 0, 0, CU_AD_FORMAT_FLOAT, 4, 0}), 1600U);
  EXPECT_EQ(bytes({100, 10, 0, CU_AD_FORMAT_UNSIGNED_INT8, 1, 0}), 1000U);
  EXPECT_EQ(bytes({10, 10, 10, CU_AD_FORMAT_HALF, 2, 0}), 4000U);
  EXPECT_EQ(bytes({8, 8, 0, CU_AD_FORMAT_BC1_UNORM, 4, 0}), 32U);
}

TEST(ArrayBytes, LevelsOfAMipmapHalve) {
  EXPECT_EQ(bytes({8, 8, 0, CU_AD_FORMAT_UNSIGNED_INT8, 1, 0}, 4), 64U + 16 + 4 + 1);
  EXPECT_EQ(bytes({8, 8, 8, CU_AD_FORMAT_UNSIGNED_INT8, 1, 0}, 2), 512U + 64);
  EXPECT_EQ(bytes({8, 8, 6, CU_AD_FORMAT_UNSIGNED_INT8, 1, CUDA_ARRAY3D_LAYERED}, 2), 384U + 96);
}

TEST(ArrayBytes, AnArrayWithoutMemoryOfItsOwnIsEmpty) {
  EXPECT_EQ(bytes({8, 8, 0, CU_AD_FORMAT_FLOAT, 1, CUDA_ARRAY3D_SPARSE}), 0U);
  EXPECT_EQ(bytes({8, 8, 0, CU_AD_FORMAT_FLOAT, 1, CUDA_ARRAY3D_DEFERRED_MAPPING}), 0U);
}

TEST(ArrayBytes, DescriptionsOfEitherKindAreRead) {
  const CUDA_ARRAY_DESCRIPTOR flat{.Width = 7, .Height = 3, .Format = CU_AD_FORMAT_FLOAT, .NumChannels = 2};
  EXPECT_EQ(bytes(extent_of(flat)), 168U);
  const CUDA_ARRAY3D_DESCRIPTOR deep{
      .Width = 7, .Height = 3, .Depth = 2, .Format = CU_AD_FORMAT_FLOAT, .NumChannels = 2, .Flags = 0};
  EXPECT_EQ(bytes(extent_of(deep)), 336U);
}

}  // namespace
