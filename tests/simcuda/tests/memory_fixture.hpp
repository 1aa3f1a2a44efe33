// What the tests of memory/ share: a context on a small device, bytes written and read past the driver's copies, and
// a second process.
#pragma once

#include <cuda.h>
#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "device/device.hpp"
#include "heap/blocks.hpp"
#include "tests/driver.hpp"

namespace simcuda::test {

constexpr std::size_t kMiB = std::size_t{1} << 20;
constexpr std::size_t kPage = 2 * kMiB;  // the granularity of everything large

/// What a test of this folder's kind starts from: two devices of 512 MiB, a context of the first current.
class MemoryTest {
 public:
  virtual ~MemoryTest() = default;
  void run() {
    set_up();
    if (!::testing::Test::HasFatalFailure()) body();
    tear_down();
  }

 protected:
  virtual void set_up() {
    ASSERT_EQ(cuInit(0), CUDA_SUCCESS);
    ASSERT_EQ(cuDevicePrimaryCtxRetain(&context, 0), CUDA_SUCCESS);
    ASSERT_EQ(cuCtxSetCurrent(context), CUDA_SUCCESS);
  }
  virtual void body() = 0;
  virtual void tear_down() {}

  CUcontext context = nullptr;
};

/// Physical bytes of a device that are taken.
inline std::size_t used(int device = 0) { return devices()[static_cast<std::size_t>(device)].used; }

inline bool fill(CUdeviceptr address, std::size_t bytes, unsigned char value) {
  auto place = try_reach(address, bytes);
  if (!place) return false;
  std::memset(*place, value, bytes);
  return true;
}

inline bool holds(CUdeviceptr address, std::size_t bytes, unsigned char value) {
  auto place = try_reach(address, bytes);
  if (!place) return false;
  std::vector<unsigned char> expected(bytes, value);
  return std::memcmp(*place, expected.data(), bytes) == 0;
}

inline CUmemAllocationProp on_device(int device, bool shareable = false) {
  CUmemAllocationProp properties = {};
  properties.type = CU_MEM_ALLOCATION_TYPE_PINNED;
  properties.location = {.type = CU_MEM_LOCATION_TYPE_DEVICE, .id = device};
  if (shareable) properties.requestedHandleTypes = CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR;
  return properties;
}

inline CUmemAccessDesc readwrite(int device) {
  CUmemAccessDesc access = {};
  access.location = {.type = CU_MEM_LOCATION_TYPE_DEVICE, .id = device};
  access.flags = CU_MEM_ACCESS_FLAGS_PROT_READWRITE;
  return access;
}

}  // namespace simcuda::test

/// A test in a process of its own (driver.hpp), with the members of `fixture`, a MemoryTest.
#define MEMORY_TEST(fixture, name)                                                                    \
  class fixture##name : public fixture {                                                              \
    void body() override;                                                                             \
  };                                                                                                  \
  TEST(fixture, name) {                                                                               \
    in_driver({{"SIMCUDA_DEVICES", "2"}, {"SIMCUDA_MEMORY", "512M"}}, [] { fixture##name().run(); }); \
  }                                                                                                   \
  void fixture##name::body()
