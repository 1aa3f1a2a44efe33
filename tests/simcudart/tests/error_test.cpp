#include <cuda_runtime_api.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "base/log.hpp"
#include "base/state.hpp"

using namespace simcudart;

namespace {

// Every test leaves no error behind.
class Error : public testing::Test {
 protected:
  void TearDown() override { cudaGetLastError(); }
};

TEST_F(Error, HasTheNameOfTheHeader) {
  EXPECT_STREQ(cudaGetErrorName(cudaSuccess), "cudaSuccess");
  EXPECT_STREQ(cudaGetErrorName(cudaErrorMemoryAllocation), "cudaErrorMemoryAllocation");
  EXPECT_STREQ(cudaGetErrorName(cudaErrorStreamCaptureInvalidated), "cudaErrorStreamCaptureInvalidated");
  EXPECT_STREQ(cudaGetErrorName(static_cast<cudaError_t>(5000)), "unrecognized error code");
}

TEST_F(Error, OfTheDriverKeepsItsNumberWhereBothKnowIt) {
  EXPECT_EQ(error_of(CUDA_ERROR_OUT_OF_MEMORY), cudaErrorMemoryAllocation);
  EXPECT_EQ(error_of(CUDA_ERROR_NOT_READY), cudaErrorNotReady);
  EXPECT_EQ(error_of(CUDA_ERROR_CONTEXT_ALREADY_CURRENT), cudaErrorUnknown);
}

TEST_F(Error, IsRememberedUntilTaken) {
  EXPECT_EQ(remember(cudaErrorInvalidValue), cudaErrorInvalidValue);
  EXPECT_EQ(remember(cudaSuccess), cudaSuccess);
  EXPECT_EQ(cudaPeekAtLastError(), cudaErrorInvalidValue);
  EXPECT_EQ(cudaGetLastError(), cudaErrorInvalidValue);
  EXPECT_EQ(cudaGetLastError(), cudaSuccess);
}

TEST_F(Error, BelongsToItsThread) {
  remember(cudaErrorInvalidValue);
  std::thread([] { EXPECT_EQ(cudaPeekAtLastError(), cudaSuccess); }).join();
}

TEST_F(Error, ThatBreaksTheContextStays) {
  std::thread([] {
    remember(cudaErrorIllegalAddress);
    EXPECT_EQ(cudaGetLastError(), cudaErrorIllegalAddress);
    EXPECT_EQ(cudaGetLastError(), cudaErrorIllegalAddress);
  }).join();
}

TEST_F(Error, OfWhatIsNotSimulatedIsSaidOnce) {
  testing::internal::CaptureStderr();
  EXPECT_EQ(not_simulated("cudaExample"), cudaErrorNotSupported);
  EXPECT_EQ(not_simulated("cudaExample"), cudaErrorNotSupported);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "simcudart: cudaExample is not simulated\n");
  EXPECT_EQ(cudaGetLastError(), cudaErrorNotSupported);
}

TEST_F(Error, OfAStubIsNotSupported) {
  testing::internal::CaptureStderr();
  EXPECT_EQ(cudaDestroyExternalSemaphore(nullptr), cudaErrorNotSupported);
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "simcudart: cudaDestroyExternalSemaphore is not simulated\n");
}

// These tests run where libcuda.so.1 is found and is no library (CMakeLists.txt).
TEST_F(Error, WithoutADriverIsInsufficientDriver) {
  void* memory = nullptr;
  int version = -1, count = -1;
  EXPECT_EQ(cudaMalloc(&memory, 100), cudaErrorInsufficientDriver);
  EXPECT_EQ(cudaGetDeviceCount(&count), cudaErrorInsufficientDriver);
  EXPECT_EQ(count, 0);
  EXPECT_EQ(cudaDriverGetVersion(&version), cudaSuccess);
  EXPECT_EQ(version, 0);
  EXPECT_EQ(cudaGetLastError(), cudaErrorInsufficientDriver);
}

}  // namespace
