// Arrays as a driver gives them: handles, descriptors, memory.
#include "memory/array.hpp"

#include <cstring>

#include "memory_fixture.hpp"

namespace simcuda::test {
namespace {

class Arrays : public MemoryTest {
 protected:
  CUDA_ARRAY3D_DESCRIPTOR described(std::size_t width, std::size_t height, std::size_t depth,
                                    unsigned flags = 0) {
    return {.Width = width,
            .Height = height,
            .Depth = depth,
            .Format = CU_AD_FORMAT_FLOAT,
            .NumChannels = 4,
            .Flags = flags};
  }
};

MEMORY_TEST(Arrays, AnArrayIsChargedToTheDeviceAndGivenBack) {
  std::size_t before = used();
  CUDA_ARRAY3D_DESCRIPTOR descriptor = described(1024, 1024, 0);
  CUarray array = nullptr;
  ASSERT_EQ(cuArray3DCreate_v2(&array, &descriptor), CUDA_SUCCESS);
  EXPECT_EQ(used(), before + 16 * kMiB);
  ASSERT_EQ(cuArrayDestroy(array), CUDA_SUCCESS);
  EXPECT_EQ(used(), before);
  EXPECT_EQ(cuArrayDestroy(array), CUDA_ERROR_INVALID_HANDLE);
}

MEMORY_TEST(Arrays, DescriptorsComeBackInEveryForm) {
  CUDA_ARRAY_DESCRIPTOR plain = {.Width = 40, .Height = 30, .Format = CU_AD_FORMAT_HALF, .NumChannels = 2};
  CUarray array = nullptr;
  ASSERT_EQ(cuArrayCreate_v2(&array, &plain), CUDA_SUCCESS);
  CUDA_ARRAY_DESCRIPTOR got = {};
  ASSERT_EQ(cuArrayGetDescriptor_v2(&got, array), CUDA_SUCCESS);
  EXPECT_EQ(std::memcmp(&got, &plain, sizeof got), 0);
  CUDA_ARRAY3D_DESCRIPTOR full = {};
  ASSERT_EQ(cuArray3DGetDescriptor_v2(&full, array), CUDA_SUCCESS);
  EXPECT_EQ(full.Height, 30U);
  EXPECT_EQ(full.Depth, 0U);
  CUDA_ARRAY3D_DESCRIPTOR_v1 old = {};
  ASSERT_EQ(cuArray3DGetDescriptor(&old, array), CUDA_SUCCESS);
  EXPECT_EQ(old.Width, 40U);
  EXPECT_EQ(cuArrayGetDescriptor_v2(&got, nullptr), CUDA_ERROR_INVALID_HANDLE);
  EXPECT_EQ(cuArrayGetDescriptor_v2(nullptr, array), CUDA_ERROR_INVALID_VALUE);
}

MEMORY_TEST(Arrays, AFullDeviceAndBadDescriptorsLeaveTheOutputAlone) {
  auto* marker = reinterpret_cast<CUarray>(std::uintptr_t{7});
  CUarray array = marker;
  CUDA_ARRAY3D_DESCRIPTOR huge = described(16384, 16384, 16);
  EXPECT_EQ(cuArray3DCreate_v2(&array, &huge), CUDA_ERROR_OUT_OF_MEMORY);
  CUDA_ARRAY3D_DESCRIPTOR bad = described(0, 1, 1);
  EXPECT_EQ(cuArray3DCreate_v2(&array, &bad), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuArray3DCreate_v2(&array, nullptr), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(array, marker);
}

MEMORY_TEST(Arrays, LevelsOfAMipmapLieApartAndGoWithIt) {
  std::size_t before = used();
  CUDA_ARRAY3D_DESCRIPTOR descriptor = described(512, 512, 0);
  CUmipmappedArray mipmap = nullptr;
  ASSERT_EQ(cuMipmappedArrayCreate(&mipmap, &descriptor, 99), CUDA_SUCCESS);
  EXPECT_GT(used(), before + 4 * kMiB);
  CUarray base = nullptr, second = nullptr, again = nullptr, none = nullptr;
  ASSERT_EQ(cuMipmappedArrayGetLevel(&base, mipmap, 0), CUDA_SUCCESS);
  ASSERT_EQ(cuMipmappedArrayGetLevel(&second, mipmap, 1), CUDA_SUCCESS);
  ASSERT_EQ(cuMipmappedArrayGetLevel(&again, mipmap, 1), CUDA_SUCCESS);
  EXPECT_EQ(second, again);
  EXPECT_EQ(cuMipmappedArrayGetLevel(&none, mipmap, 9), CUDA_SUCCESS) << "512 has ten levels";
  EXPECT_EQ(cuMipmappedArrayGetLevel(&none, mipmap, 10), CUDA_ERROR_INVALID_VALUE);
  auto first_view = memory::view_of(base), second_view = memory::view_of(second);
  ASSERT_TRUE(first_view && second_view);
  EXPECT_EQ(second_view->base, first_view->base + first_view->shape.bytes);
  EXPECT_EQ(second_view->shape.descriptor.Width, 256U);
  EXPECT_EQ(cuArrayDestroy(second), CUDA_ERROR_INVALID_HANDLE) << "a level is the mipmap's";
  ASSERT_EQ(cuMipmappedArrayDestroy(mipmap), CUDA_SUCCESS);
  EXPECT_EQ(used(), before);
  EXPECT_FALSE(memory::view_of(second));
  EXPECT_EQ(cuMipmappedArrayGetLevel(&none, mipmap, 0), CUDA_ERROR_INVALID_HANDLE);
}

MEMORY_TEST(Arrays, PlanesOfNv12AreArraysOfTheSameMemory) {
  CUDA_ARRAY_DESCRIPTOR picture = {.Width = 64, .Height = 32, .Format = CU_AD_FORMAT_NV12, .NumChannels = 3};
  CUarray array = nullptr, light = nullptr, colour = nullptr, again = nullptr;
  ASSERT_EQ(cuArrayCreate_v2(&array, &picture), CUDA_SUCCESS);
  ASSERT_EQ(cuArrayGetPlane(&light, array, 0), CUDA_SUCCESS);
  ASSERT_EQ(cuArrayGetPlane(&colour, array, 1), CUDA_SUCCESS);
  ASSERT_EQ(cuArrayGetPlane(&again, array, 1), CUDA_SUCCESS);
  EXPECT_EQ(colour, again);
  EXPECT_EQ(cuArrayGetPlane(&again, array, 2), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(memory::view_of(colour)->base, memory::view_of(light)->base + 64 * 32);
}

MEMORY_TEST(Arrays, ADeferredArrayHasRequirementsAndNoMemory) {
  std::size_t before = used();
  CUDA_ARRAY3D_DESCRIPTOR descriptor = described(256, 256, 0, CUDA_ARRAY3D_DEFERRED_MAPPING);
  CUarray deferred = nullptr, plain = nullptr;
  ASSERT_EQ(cuArray3DCreate_v2(&deferred, &descriptor), CUDA_SUCCESS);
  EXPECT_EQ(used(), before);
  EXPECT_FALSE(memory::view_of(deferred));
  CUDA_ARRAY_MEMORY_REQUIREMENTS needs = {};
  ASSERT_EQ(cuArrayGetMemoryRequirements(&needs, deferred, 0), CUDA_SUCCESS);
  EXPECT_EQ(needs.size, kPage);
  EXPECT_EQ(needs.alignment, kPage);
  descriptor.Flags = 0;
  ASSERT_EQ(cuArray3DCreate_v2(&plain, &descriptor), CUDA_SUCCESS);
  EXPECT_EQ(cuArrayGetMemoryRequirements(&needs, plain, 0), CUDA_ERROR_INVALID_VALUE);
}

MEMORY_TEST(Arrays, RowsAreCopiedInAndOut) {
  CUDA_ARRAY_DESCRIPTOR plain = {
      .Width = 10, .Height = 4, .Format = CU_AD_FORMAT_UNSIGNED_INT8, .NumChannels = 1};
  CUarray array = nullptr;
  ASSERT_EQ(cuArrayCreate_v2(&array, &plain), CUDA_SUCCESS);
  unsigned char out[4][10], in[4][10] = {};
  for (int row = 0; row < 4; ++row) {
    for (int i = 0; i < 10; ++i) out[row][i] = static_cast<unsigned char>(10 * row + i);
  }
  CUDA_MEMCPY2D copy = {};
  copy.srcMemoryType = CU_MEMORYTYPE_HOST;
  copy.srcHost = out;
  copy.srcPitch = 10;
  copy.dstMemoryType = CU_MEMORYTYPE_ARRAY;
  copy.dstArray = array;
  copy.WidthInBytes = 10;
  copy.Height = 4;
  ASSERT_EQ(cuMemcpy2D_v2(&copy), CUDA_SUCCESS);
  copy = {};
  copy.srcMemoryType = CU_MEMORYTYPE_ARRAY;
  copy.srcArray = array;
  copy.srcY = 1;
  copy.srcXInBytes = 2;
  copy.dstMemoryType = CU_MEMORYTYPE_HOST;
  copy.dstHost = in;
  copy.dstPitch = 10;
  copy.WidthInBytes = 8;
  copy.Height = 3;
  ASSERT_EQ(cuMemcpy2D_v2(&copy), CUDA_SUCCESS);
  EXPECT_EQ(std::memcmp(in[0], &out[1][2], 8), 0);
  EXPECT_EQ(std::memcmp(in[2], &out[3][2], 8), 0);
  EXPECT_EQ(in[0][8], 0);
  copy.srcY = 2;
  EXPECT_EQ(cuMemcpy2D_v2(&copy), CUDA_ERROR_INVALID_VALUE) << "past the last row";
}

MEMORY_TEST(Arrays, ArraysGoWithTheirContext) {
  CUcontext other = nullptr;
  std::size_t before = used();
  ASSERT_EQ(cuCtxCreate_v2(&other, 0, 0), CUDA_SUCCESS);
  CUDA_ARRAY3D_DESCRIPTOR descriptor = described(1024, 1024, 0);
  CUarray array = nullptr;
  CUmipmappedArray mipmap = nullptr;
  ASSERT_EQ(cuArray3DCreate_v2(&array, &descriptor), CUDA_SUCCESS);
  ASSERT_EQ(cuMipmappedArrayCreate(&mipmap, &descriptor, 3), CUDA_SUCCESS);
  ASSERT_EQ(cuCtxDestroy_v2(other), CUDA_SUCCESS);
  EXPECT_EQ(used(), before);
  EXPECT_FALSE(memory::view_of(array));
}

}  // namespace
}  // namespace simcuda::test
