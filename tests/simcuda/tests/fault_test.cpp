// Faults, delays, counters.
#include <chrono>

#include "fault/fault.hpp"
#include "fault/name.hpp"
#include "tests/driver.hpp"

using namespace simcuda::test;

namespace {

CUresult allocate() {
  CUdeviceptr address = 77;
  const CUresult result = cuMemAlloc_v2(&address, 100);
  if (result != CUDA_SUCCESS) EXPECT_EQ(address, 77u);
  return result;
}

TEST(Fault, TheNthCallFailsAndNoOther) {
  in_context([] {
    simcuda_fail("cuMemAlloc", 3, 2, CUDA_ERROR_OUT_OF_MEMORY, 0);
    EXPECT_EQ(allocate(), CUDA_SUCCESS);
    EXPECT_EQ(allocate(), CUDA_SUCCESS);
    EXPECT_EQ(allocate(), CUDA_ERROR_OUT_OF_MEMORY);
    EXPECT_EQ(allocate(), CUDA_ERROR_OUT_OF_MEMORY);
    EXPECT_EQ(allocate(), CUDA_SUCCESS);
    EXPECT_EQ(simcuda_live_blocks(-1, SIMCUDA_DEVICE), 3u);
  });
}

TEST(Fault, IsOrderedFromOutside) {
  in_context({{"SIMCUDA_FAIL", "cuMemAlloc_v2:2=OUT_OF_MEMORY,cuMemFree:1+=700"}}, [] {
    EXPECT_EQ(allocate(), CUDA_SUCCESS);
    EXPECT_EQ(allocate(), CUDA_ERROR_OUT_OF_MEMORY);
    EXPECT_EQ(cuMemFree_v2(1), CUDA_ERROR_ILLEGAL_ADDRESS);
    EXPECT_EQ(cuMemFree_v2(1), CUDA_ERROR_ILLEGAL_ADDRESS);
    simcuda_forget_orders();
    EXPECT_EQ(cuMemFree_v2(1), CUDA_ERROR_INVALID_VALUE);
  });
}

TEST(Fault, AStickyOneEndsTheContextAndNoOther) {
  in_context([] {
    CUcontext broken = nullptr, other = nullptr;
    ASSERT_EQ(cuCtxGetCurrent(&broken), CUDA_SUCCESS);
    simcuda_fail("cuCtxSynchronize", 1, 1, CUDA_ERROR_LAUNCH_FAILED, 1);
    EXPECT_EQ(cuCtxSynchronize(), CUDA_ERROR_LAUNCH_FAILED);
    EXPECT_EQ(allocate(), CUDA_ERROR_LAUNCH_FAILED);
    EXPECT_EQ(cuCtxSynchronize(), CUDA_ERROR_LAUNCH_FAILED);
    ASSERT_EQ(cuCtxCreate_v2(&other, 0, 0), CUDA_SUCCESS);
    EXPECT_EQ(allocate(), CUDA_SUCCESS);
    EXPECT_EQ(cuCtxDestroy_v2(broken), CUDA_SUCCESS);
  });
}

TEST(Fault, AResetHealsAPrimaryContext) {
  in_driver({}, [] {
    ASSERT_EQ(cuInit(0), CUDA_SUCCESS);
    CUcontext context = nullptr;
    ASSERT_EQ(cuDevicePrimaryCtxRetain(&context, 0), CUDA_SUCCESS);
    ASSERT_EQ(cuCtxSetCurrent(context), CUDA_SUCCESS);
    simcuda_break_context(CUDA_ERROR_ILLEGAL_ADDRESS);
    EXPECT_EQ(allocate(), CUDA_ERROR_ILLEGAL_ADDRESS);
    EXPECT_EQ(cuDevicePrimaryCtxReset_v2(0), CUDA_SUCCESS);
    ASSERT_EQ(cuDevicePrimaryCtxRetain(&context, 0), CUDA_SUCCESS);
    EXPECT_EQ(allocate(), CUDA_SUCCESS);
  });
}

TEST(Fault, CallsAreCountedByNameAndBySymbol) {
  in_context([] {
    CUdeviceptr_v1 address = 0;
    EXPECT_EQ(cuMemAlloc(&address, 1), CUDA_SUCCESS);
    allocate();
    EXPECT_EQ(cuMemAlloc_v2(nullptr, 0), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(simcuda_calls("cuMemAlloc"), 3u);
    EXPECT_EQ(simcuda_calls("cuMemAlloc_v2"), 2u);
    EXPECT_EQ(simcuda_calls("cuMemFree"), 0u);
    EXPECT_EQ(simcuda_calls(nullptr), 5u);  // with cuInit and cuCtxCreate
  });
}

// A lower bound: that it takes longer is no failure.
TEST(Fault, ADelayIsWaitedFor) {
  in_context({{"SIMCUDA_DELAY", "cuMemAlloc=30000"}}, [] {
    const auto begin = std::chrono::steady_clock::now();
    allocate();
    EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(30));
  });
}

TEST(Fault, OrdersThatAreNotUnderstoodAreNone) {
  simcuda::FaultOrder order;
  for (const char* wrong : {"", "cuMemAlloc", "cuMemAlloc=2", "cuMemAlloc:=2", "cuMemAlloc:0=2",
                            "cuMemAlloc:1=", "cuMemAlloc:x=2", ":1=2", "cuMemAlloc:1=NONSENSE",
                            "cuMemAlloc:1=0", "cuMemAlloc:1=4711"}) {
    EXPECT_FALSE(simcuda::parse_fault(wrong, order)) << wrong;
  }
  EXPECT_TRUE(simcuda::parse_fault("cuMemAlloc:3+=CUDA_ERROR_OUT_OF_MEMORY!", order));
  EXPECT_EQ(order.function, "cuMemAlloc");
  EXPECT_EQ(order.nth, 3u);
  EXPECT_EQ(order.count, UINT64_MAX);
  EXPECT_EQ(order.error, CUDA_ERROR_OUT_OF_MEMORY);
  EXPECT_TRUE(order.sticky);
}

TEST(Fault, ANameMeansAllVersionsAndTwins) {
  EXPECT_TRUE(simcuda::names("cuMemcpyHtoD", "cuMemcpyHtoD_v2_ptds"));
  EXPECT_TRUE(simcuda::names("cuMemcpyHtoD_v2_ptds", "cuMemcpyHtoD_v2_ptds"));
  EXPECT_TRUE(simcuda::names("cuMemAllocAsync", "cuMemAllocAsync_ptsz"));
  EXPECT_FALSE(simcuda::names("cuMemAlloc_v2", "cuMemAlloc"));
  EXPECT_FALSE(simcuda::names("cuMemAlloc", "cuMemAllocAsync"));
}

}  // namespace
