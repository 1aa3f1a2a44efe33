#include "convert/copy.hpp"

#include <gtest/gtest.h>

#include "convert/node.hpp"
#include "convert/same.hpp"

using namespace simcudart;

namespace {

char host[64], device[64];

TEST(PlaneCopy, NamesTheKindOfEachEnd) {
  const Plane to{.memory = device, .pitch = 32}, from{.memory = host, .pitch = 16};
  const CUDA_MEMCPY2D up = plane_copy(to, from, 8, 2, cudaMemcpyHostToDevice);
  EXPECT_EQ(up.srcMemoryType, CU_MEMORYTYPE_HOST);
  EXPECT_EQ(up.srcHost, host);
  EXPECT_EQ(up.srcPitch, 16u);
  EXPECT_EQ(up.dstMemoryType, CU_MEMORYTYPE_DEVICE);
  EXPECT_EQ(up.dstDevice, address_of(device));
  EXPECT_EQ(up.dstPitch, 32u);
  EXPECT_EQ(plane_copy(to, from, 8, 2, cudaMemcpyDeviceToHost).dstMemoryType, CU_MEMORYTYPE_HOST);
  EXPECT_EQ(plane_copy(to, from, 8, 2, cudaMemcpyDefault).srcMemoryType, CU_MEMORYTYPE_UNIFIED);
}

TEST(BoxCopy, KeepsPositionsPitchesAndExtent) {
  cudaMemcpy3DParms asked{};
  asked.srcPtr = {host, 20, 5, 3};
  asked.dstPtr = {device, 40, 5, 4};
  asked.srcPos = {1, 2, 0};
  asked.dstPos = {4, 1, 1};
  asked.extent = {8, 2, 2};
  asked.kind = cudaMemcpyHostToDevice;
  CUDA_MEMCPY3D copy{};
  ASSERT_EQ(box_copy(asked, &copy), cudaSuccess);
  EXPECT_EQ(copy.srcXInBytes, 1u);
  EXPECT_EQ(copy.dstXInBytes, 4u);
  EXPECT_EQ(copy.dstZ, 1u);
  EXPECT_EQ(copy.srcHeight, 3u);
  EXPECT_EQ(copy.dstHeight, 4u);
  EXPECT_EQ(copy.WidthInBytes, 8u);
  EXPECT_EQ(copy.Depth, 2u);
  const cudaMemcpy3DParms back = box_of(copy);
  EXPECT_EQ(back.kind, asked.kind);
  EXPECT_EQ(back.srcPtr.ptr, asked.srcPtr.ptr);
  EXPECT_EQ(back.dstPos.x, asked.dstPos.x);
  EXPECT_EQ(back.extent.width, asked.extent.width);
}

TEST(BoxCopy, RefusesAnEndThatIsMemoryAndArray) {
  cudaMemcpy3DParms asked{};
  asked.srcPtr = {host, 20, 5, 3};
  asked.srcArray = reinterpret_cast<cudaArray_t>(device);
  CUDA_MEMCPY3D copy{};
  EXPECT_EQ(box_copy(asked, &copy), cudaErrorInvalidValue);
}

TEST(LineNode, IsABoxOfOneRow) {
  const CUDA_MEMCPY3D copy = line_node(host, device, 48, cudaMemcpyDeviceToHost);
  EXPECT_EQ(copy.WidthInBytes, 48u);
  EXPECT_EQ(copy.Height, 1u);
  EXPECT_EQ(copy.Depth, 1u);
  EXPECT_EQ(copy.srcMemoryType, CU_MEMORYTYPE_DEVICE);
  EXPECT_EQ(copy.dstHost, host);
}

}  // namespace
