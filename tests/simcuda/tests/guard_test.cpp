// Writes where none belong are found. They are made through the driver's own view, as work on a device would.
#include <cstring>

#include "base/lock.hpp"
#include "heap/blocks.hpp"
#include "tests/driver.hpp"

using namespace simcuda::test;

namespace {

char* view(CUdeviceptr address, size_t bytes = 1) {
  return reinterpret_cast<char*>(simcuda::reach(address, bytes, "the test"));
}

TEST(Guard, AnOverrunIsFoundWhenTheBlockIsFreed) {
  in_context([] {
    const CUdeviceptr address = allocated(100);
    view(address)[99] = 1;
    EXPECT_EQ(simcuda_check(), 0u);
    view(address)[100] = 1;
    EXPECT_EQ(simcuda_violations(), 0u);
    EXPECT_EQ(cuMemFree_v2(address), CUDA_SUCCESS);
    EXPECT_EQ(simcuda_violations(), 1u);
  });
}

TEST(Guard, ARedzoneFollowsBlocksWithoutSlack) {
  in_context({{"SIMCUDA_REDZONE", "64"}}, [] {
    const CUdeviceptr address = allocated(512);
    view(address)[512] = 1;
    EXPECT_EQ(simcuda_check(), 1u);
    EXPECT_EQ(simcuda_violations(), 1u);
  });
}

TEST(Guard, AWriteAfterFreeIsFoundWhenThePlaceServesAgain) {
  in_context([] {
    const CUdeviceptr keeps = allocated(100), address = allocated(100);
    char* late = view(address);
    EXPECT_EQ(cuMemFree_v2(address), CUDA_SUCCESS);
    late[7] = 1;
    EXPECT_EQ(simcuda_violations(), 0u);
    EXPECT_EQ(allocated(100), address);
    EXPECT_EQ(simcuda_violations(), 1u);
    EXPECT_EQ(cuMemFree_v2(keeps), CUDA_SUCCESS);
  });
}

TEST(Guard, AnAddressWaitsInQuarantine) {
  in_context({{"SIMCUDA_QUARANTINE", "1M"}}, [] {
    const CUdeviceptr address = allocated(100);
    EXPECT_EQ(cuMemFree_v2(address), CUDA_SUCCESS);
    EXPECT_NE(allocated(100), address);
    EXPECT_EQ(cuMemFree_v2(address), CUDA_ERROR_INVALID_VALUE);
  });
}

TEST(Guard, QuarantineGivesWayWhenMemoryIsShort) {
  in_context({{"SIMCUDA_QUARANTINE", "1G"}, {"SIMCUDA_MEMORY", "64M"}, {"SIMCUDA_CONTEXT_BYTES", "0"}}, [] {
    for (int i = 0; i < 10; ++i) EXPECT_EQ(cuMemFree_v2(allocated(40 * MiB)), CUDA_SUCCESS);
  });
}

TEST(Guard, WorkThatReachesWhereItMayNotIsStopped) {
  in_context([] {
    const CUdeviceptr address = allocated(100);
    EXPECT_NE(view(address, 100), nullptr);
    EXPECT_EQ(view(address, 101), nullptr);
    EXPECT_EQ(simcuda_violations(), 1u);
    EXPECT_EQ(view(address + 50, SIZE_MAX - 10), nullptr);
    EXPECT_EQ(simcuda_violations(), 2u);
    EXPECT_EQ(cuMemFree_v2(address), CUDA_SUCCESS);
    EXPECT_EQ(view(address, 1), nullptr);
    EXPECT_EQ(simcuda_violations(), 3u);
    char mine = 0;
    EXPECT_EQ(view(reinterpret_cast<CUdeviceptr>(&mine)), &mine);  // the host's memory is itself
  });
}

TEST(Guard, FreshMemoryIsZeroAndUsedMemoryIsNot) {
  in_context([] {
    allocated(100);
    const CUdeviceptr address = allocated(100);
    EXPECT_EQ(view(address)[0], 0);
    EXPECT_EQ(cuMemFree_v2(address), CUDA_SUCCESS);
    EXPECT_EQ(allocated(100), address);
    EXPECT_EQ(view(address)[0], '\xDD');
  });
}

}  // namespace
