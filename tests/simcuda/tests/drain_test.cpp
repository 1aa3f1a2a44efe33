// Freeing waits for the work that may use the block.
#include <atomic>
#include <chrono>
#include <thread>

#include "tests/driver.hpp"

using namespace simcuda::test;

namespace {

// While the stream is held a free of what its work uses does not return and the block lives; released, the work runs
// first. A free that did not wait would leave the work a block that is gone: a violation.
void free_waits(const std::function<CUdeviceptr()>& allocate,
                const std::function<CUresult(CUdeviceptr)>& release, const char* function) {
  CUcontext context = nullptr;
  CUstream stream = nullptr;
  ASSERT_EQ(cuCtxGetCurrent(&context), CUDA_SUCCESS);
  ASSERT_EQ(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING), CUDA_SUCCESS);
  const CUdeviceptr address = allocate();
  ASSERT_EQ(simcuda_hold(stream), 1);
  ASSERT_EQ(cuMemsetD8Async(address, 1, 100, stream), CUDA_SUCCESS);
  std::atomic<bool> freed{false};
  std::thread thread([&] {
    EXPECT_EQ(cuCtxSetCurrent(context), CUDA_SUCCESS);
    EXPECT_EQ(release(address), CUDA_SUCCESS);
    freed = true;
  });
  while (simcuda_calls(function) == 0) std::this_thread::yield();
  std::this_thread::sleep_for(
      std::chrono::milliseconds(20));  // a free that does not wait has time to show it
  EXPECT_FALSE(freed);
  EXPECT_EQ(simcuda_live_blocks(-1, SIMCUDA_ANY), 1u);
  EXPECT_EQ(simcuda_release(stream), 1);
  thread.join();
  EXPECT_EQ(cuCtxSynchronize(), CUDA_SUCCESS);
  EXPECT_EQ(simcuda_violations(), 0u);
  EXPECT_EQ(simcuda_live_blocks(-1, SIMCUDA_ANY), 0u);
}

TEST(Drain, FreeingDeviceMemoryWaitsForWorkOfAllStreams) {
  in_context([] { free_waits([] { return allocated(100); }, cuMemFree_v2, "cuMemFree"); });
}

TEST(Drain, FreeingPinnedMemoryWaitsForWorkOfOtherContexts) {
  in_context([] {
    void* pinned = nullptr;
    ASSERT_EQ(cuMemHostAlloc(&pinned, 100, 0), CUDA_SUCCESS);
    CUcontext other = nullptr;
    ASSERT_EQ(cuCtxCreate_v2(&other, 0, 0), CUDA_SUCCESS);  // the work is of this one
    free_waits([&] { return reinterpret_cast<CUdeviceptr>(pinned); },
               [&](CUdeviceptr) { return cuMemFreeHost(pinned); }, "cuMemFreeHost");
  });
}

TEST(Drain, FreeingWaitsForThoseThatWereGivenAccess) {
  in_driver({{"SIMCUDA_DEVICES", "2"}}, [] {
    CUcontext owner = nullptr, user = nullptr;
    ASSERT_EQ(cuInit(0), CUDA_SUCCESS);
    ASSERT_EQ(cuCtxCreate_v2(&owner, 0, 0), CUDA_SUCCESS);
    const CUdeviceptr address = allocated(100);
    ASSERT_EQ(cuCtxCreate_v2(&user, 0, 1), CUDA_SUCCESS);
    ASSERT_EQ(cuCtxEnablePeerAccess(owner, 0), CUDA_SUCCESS);
    free_waits([&] { return address; }, cuMemFree_v2, "cuMemFree");
  });
}

TEST(Drain, ACaptureForbidsToAllocateAndToFree) {
  in_context([] {
    const CUdeviceptr address = allocated(100);
    CUstream stream = nullptr;
    CUgraph graph = nullptr;
    CUdeviceptr more = 77;
    ASSERT_EQ(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING), CUDA_SUCCESS);
    ASSERT_EQ(cuStreamBeginCapture_v2(stream, CU_STREAM_CAPTURE_MODE_GLOBAL), CUDA_SUCCESS);
    EXPECT_EQ(cuMemAlloc_v2(&more, 1), CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
    EXPECT_EQ(cuMemFree_v2(address), CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
    EXPECT_EQ(more, 77u);
    EXPECT_EQ(cuStreamEndCapture(stream, &graph), CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    EXPECT_EQ(cuMemFree_v2(address), CUDA_SUCCESS);
  });
}

}  // namespace
