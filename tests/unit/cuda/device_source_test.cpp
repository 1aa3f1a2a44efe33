// What the pool of device memory may do, and which function frees.
#include "core/cuda/device_source.hpp"

#include <gtest/gtest.h>

#include <vector>

using namespace weir;
using cuda::DevicePlace;
using cuda::DeviceSource;
using cuda::Freeing;
using pool::Stance;

namespace {

/// No driver is loaded, and no context was seen: number 0 stands for none, whose handle is 0.
DevicePlace nowhere() { return {.number = 0, .device = 0}; }
constexpr std::uint64_t kNone = 0, kOther = 0x5000;

Stance stance(std::uint64_t current, bool must_give) {
  const auto none = [](CUdeviceptr) noexcept { return CUDA_SUCCESS; };
  const Freeing freeing{0x1000, none};
  DeviceSource source{freeing, current, must_give};
  DevicePlace place = nowhere();
  return source.stance(place);
}

TEST(DeviceSource, ActsInTheBlocksContextOnly) {
  EXPECT_EQ(stance(kNone, false), Stance::Act);
  EXPECT_EQ(stance(kOther, false), Stance::Aside);
  EXPECT_EQ(stance(DeviceSource::kAnyContext, false), Stance::Act);
}

TEST(DeviceSource, StepsAsideWhereTheBlockMustGo) {
  EXPECT_EQ(stance(kNone, true), Stance::Aside);
  EXPECT_EQ(stance(DeviceSource::kAnyContext, true), Stance::Aside);
}

TEST(DeviceSource, TheProgramsOwnBlockIsFreedByTheFunctionThatTheProgramCalled) {
  std::vector<CUdeviceptr> freed;
  const auto programs = [&](CUdeviceptr block) noexcept {
    freed.push_back(block);
    return CUDA_ERROR_LAUNCH_FAILED;
  };
  const Freeing freeing{0x1000, programs};
  DeviceSource source{freeing, kNone, true};
  DevicePlace place = nowhere();
  EXPECT_EQ(source.release(place, 0x1000), CUDA_ERROR_LAUNCH_FAILED);
  EXPECT_NE(source.release(place, 0x2000), CUDA_ERROR_LAUNCH_FAILED);  // there is no driver
  EXPECT_EQ(freed, (std::vector<CUdeviceptr>{0x1000}));
}

CUresult full(CUdeviceptr*, std::size_t) { return CUDA_ERROR_OUT_OF_MEMORY; }

TEST(DeviceSource, TheFirstRefusalIsTold) {
  static int told = 0;
  DeviceSource source{full, kNone, [](DeviceSource&, const DevicePlace&) noexcept { ++told; }};
  DevicePlace place = nowhere();
  std::uint64_t address = 7;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(source.allocate(place, 512, address), CUDA_ERROR_OUT_OF_MEMORY);
  EXPECT_EQ(told, 1);
  EXPECT_EQ(address, 7U);
}

TEST(DeviceSource, OnlyWhatStaysWithAContextBreaksIt) {
  for (const CUresult lasting : {CUDA_ERROR_ILLEGAL_ADDRESS, CUDA_ERROR_LAUNCH_FAILED, CUDA_ERROR_ASSERT, CUDA_ERROR_ECC_UNCORRECTABLE})
    EXPECT_TRUE(cuda::is_sticky(lasting)) << lasting;
  for (const CUresult passing : {CUDA_SUCCESS, CUDA_ERROR_OUT_OF_MEMORY, CUDA_ERROR_INVALID_VALUE, CUDA_ERROR_DEINITIALIZED,
                                 CUDA_ERROR_INVALID_CONTEXT, CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, CUDA_ERROR_NOT_READY})
    EXPECT_FALSE(cuda::is_sticky(passing)) << passing;
}

}  // namespace
