// For tests of memory in stream order: streams that can be held, and pools.
#pragma once

#include "engine/control.h"
#include "fault/violation.hpp"
#include "memory_fixture.hpp"

namespace simcuda::test {

class StreamOrderTest : public MemoryTest {
 protected:
  void set_up() override {
    MemoryTest::set_up();
    ASSERT_EQ(cuStreamCreate(&a, CU_STREAM_NON_BLOCKING), CUDA_SUCCESS);
    ASSERT_EQ(cuStreamCreate(&b, CU_STREAM_NON_BLOCKING), CUDA_SUCCESS);
  }
  void tear_down() override {
    simcuda_release_all();
    cuCtxSynchronize();
  }

  CUmemoryPool made(std::size_t most = 0, bool shareable = false) {
    CUmemPoolProps properties = {};
    properties.allocType = CU_MEM_ALLOCATION_TYPE_PINNED;
    properties.location = {.type = CU_MEM_LOCATION_TYPE_DEVICE, .id = 0};
    properties.maxSize = most;
    if (shareable) properties.handleTypes = CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR;
    CUmemoryPool pool = nullptr;
    EXPECT_EQ(cuMemPoolCreate(&pool, &properties), CUDA_SUCCESS);
    return pool;
  }
  CUdeviceptr taken(CUmemoryPool pool, std::size_t bytes, CUstream stream) {
    CUdeviceptr address = 0;
    EXPECT_EQ(cuMemAllocFromPoolAsync(&address, bytes, pool, stream), CUDA_SUCCESS);
    return address;
  }
  static cuuint64_t number(CUmemoryPool pool, CUmemPool_attribute attribute) {
    cuuint64_t value = 0;
    EXPECT_EQ(cuMemPoolGetAttribute(pool, attribute, &value), CUDA_SUCCESS);
    return value;
  }
  static void set_flag(CUmemoryPool pool, CUmemPool_attribute attribute, int value) {
    EXPECT_EQ(cuMemPoolSetAttribute(pool, attribute, &value), CUDA_SUCCESS);
  }
  static void keep(CUmemoryPool pool, cuuint64_t bytes) {
    EXPECT_EQ(cuMemPoolSetAttribute(pool, CU_MEMPOOL_ATTR_RELEASE_THRESHOLD, &bytes), CUDA_SUCCESS);
  }

  CUstream a = nullptr, b = nullptr;
};

constexpr std::size_t kSegment = 32 * kMiB;

}  // namespace simcuda::test
