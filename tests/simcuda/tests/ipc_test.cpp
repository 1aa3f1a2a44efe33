// Device memory in another process by handle.
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "memory_fixture.hpp"
#include "second_process.hpp"

namespace simcuda::test {
namespace {

constexpr unsigned kLazy = CU_IPC_MEM_LAZY_ENABLE_PEER_ACCESS;

struct Sent {
  CUipcMemHandle handle;
  std::size_t bytes;
};

int with_context(CUcontext& context) {
  EXPECT_IN_ROLE(cuInit(0) == CUDA_SUCCESS);
  EXPECT_IN_ROLE(cuDevicePrimaryCtxRetain(&context, 0) == CUDA_SUCCESS);
  EXPECT_IN_ROLE(cuCtxSetCurrent(context) == CUDA_SUCCESS);
  return 0;
}

Sent received(const Message& message) {
  Sent sent;
  std::memcpy(&sent, message.data(), sizeof sent);
  return sent;
}

const Role reader("open, read, write, close", [](const Message& message) {
  CUcontext context = nullptr;
  EXPECT_IN_ROLE(with_context(context) == 0);
  Sent sent = received(message);
  std::size_t before = used();
  CUdeviceptr first = 0, second = 0, base = 0;
  std::size_t bytes = 0;
  EXPECT_IN_ROLE(cuIpcOpenMemHandle_v2(&first, sent.handle, kLazy) == CUDA_SUCCESS);
  EXPECT_IN_ROLE(cuMemGetAddressRange_v2(&base, &bytes, first + 1) == CUDA_SUCCESS);
  EXPECT_IN_ROLE(base == first && bytes == sent.bytes);
  EXPECT_IN_ROLE(holds(first, sent.bytes, 0x33));
  EXPECT_IN_ROLE(fill(first, 100, 0x44));
  EXPECT_IN_ROLE(used() == before);
  EXPECT_IN_ROLE(cuIpcOpenMemHandle_v2(&second, sent.handle, kLazy) == CUDA_SUCCESS);
  EXPECT_IN_ROLE(second == first);
  EXPECT_IN_ROLE(cuMemFree_v2(first) == CUDA_ERROR_INVALID_VALUE);
  EXPECT_IN_ROLE(cuIpcCloseMemHandle(first) == CUDA_SUCCESS);
  EXPECT_IN_ROLE(holds(first, 100, 0x44));  // opened twice, closed once
  EXPECT_IN_ROLE(cuIpcCloseMemHandle(first + 1) == CUDA_ERROR_INVALID_VALUE);
  EXPECT_IN_ROLE(cuIpcCloseMemHandle(first) == CUDA_SUCCESS);
  EXPECT_IN_ROLE(!holds(first, 100, 0x44));
  EXPECT_IN_ROLE(cuIpcCloseMemHandle(first) == CUDA_ERROR_INVALID_VALUE);
  return 0;
});

const Role leaver("open and end the context", [](const Message& message) {
  CUcontext context = nullptr;
  EXPECT_IN_ROLE(with_context(context) == 0);
  CUdeviceptr base = 0;
  EXPECT_IN_ROLE(cuIpcOpenMemHandle_v2(&base, received(message).handle, kLazy) == CUDA_SUCCESS);
  EXPECT_IN_ROLE(fill(base, 1, 0x55));
  EXPECT_IN_ROLE(cuDevicePrimaryCtxReset_v2(0) == CUDA_SUCCESS);
  EXPECT_IN_ROLE(!fill(base, 1, 0x66));
  return 0;
});

class Ipc : public MemoryTest {
 protected:
  CUdeviceptr allocated(std::size_t bytes) {
    CUdeviceptr address = 0;
    EXPECT_EQ(cuMemAlloc_v2(&address, bytes), CUDA_SUCCESS);
    return address;
  }
  CUipcMemHandle handle_of(CUdeviceptr address) {
    CUipcMemHandle handle = {};
    EXPECT_EQ(cuIpcGetMemHandle(&handle, address), CUDA_SUCCESS);
    return handle;
  }
};

MEMORY_TEST(Ipc, AnotherProcessSeesTheAllocationAndCountsItsOpens) {
  for (std::size_t bytes : {std::size_t{3000}, 5 * kMiB}) {
    CUdeviceptr before = allocated(700);  // so that a small one is not at the start of its chunk
    CUdeviceptr address = allocated(bytes);
    ASSERT_TRUE(fill(address, bytes, 0x33));
    Sent sent{.handle = handle_of(address), .bytes = bytes};
    EXPECT_EQ(play("open, read, write, close", as_message(sent)), 0);
    EXPECT_TRUE(holds(address, 100, 0x44)) << "the other process wrote this";
    EXPECT_TRUE(holds(address + 100, bytes - 100, 0x33));
    EXPECT_EQ(cuMemFree_v2(address), CUDA_SUCCESS);
    EXPECT_EQ(cuMemFree_v2(before), CUDA_SUCCESS);
  }
}

MEMORY_TEST(Ipc, AnAddressInsideGivesTheHandleOfTheWholeAllocation) {
  CUdeviceptr address = allocated(5 * kMiB);
  CUipcMemHandle whole = handle_of(address), inside = handle_of(address + 12345);
  EXPECT_EQ(std::memcmp(&whole, &inside, sizeof whole), 0);
}

MEMORY_TEST(Ipc, AHandleIsUniqueToItsAllocationEvenAtTheSameAddress) {
  CUdeviceptr first = allocated(4 * kMiB);
  CUipcMemHandle old = handle_of(first), again = handle_of(first);
  EXPECT_EQ(std::memcmp(&old, &again, sizeof old), 0);
  ASSERT_EQ(cuMemFree_v2(first), CUDA_SUCCESS);
  CUdeviceptr second = allocated(4 * kMiB);
  ASSERT_EQ(first, second) << "the heap gives the same address again, or this test says nothing";
  CUipcMemHandle fresh = handle_of(second);
  EXPECT_NE(std::memcmp(&old, &fresh, sizeof old), 0);
}

MEMORY_TEST(Ipc, OnlyDeviceMemoryHasAHandle) {
  CUipcMemHandle handle;
  std::memset(&handle, 7, sizeof handle);
  CUipcMemHandle untouched = handle;
  CUdeviceptr managed = 0;
  ASSERT_EQ(cuMemAllocManaged(&managed, kMiB, CU_MEM_ATTACH_GLOBAL), CUDA_SUCCESS);
  EXPECT_EQ(cuIpcGetMemHandle(&handle, managed), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuIpcGetMemHandle(&handle, 4096), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuIpcGetMemHandle(nullptr, managed), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(std::memcmp(&handle, &untouched, sizeof handle), 0);
}

MEMORY_TEST(Ipc, OpeningRefusesTheOwnProcessOtherFlagsAndOtherBytes) {
  CUdeviceptr address = allocated(kMiB), opened = 7;
  CUipcMemHandle handle = handle_of(address);
  EXPECT_EQ(cuIpcOpenMemHandle_v2(&opened, handle, kLazy), CUDA_ERROR_INVALID_CONTEXT);
  EXPECT_EQ(cuIpcOpenMemHandle_v2(&opened, handle, 0), CUDA_ERROR_INVALID_VALUE);
  std::memset(&handle, 0x5a, sizeof handle);
  EXPECT_EQ(cuIpcOpenMemHandle_v2(&opened, handle, kLazy), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(opened, 7U);
}

MEMORY_TEST(Ipc, WhatAContextOpenedGoesWithIt) {
  CUdeviceptr address = allocated(kMiB);
  Sent sent{.handle = handle_of(address), .bytes = kMiB};
  EXPECT_EQ(play("open and end the context", as_message(sent)), 0);
  EXPECT_TRUE(holds(address, 1, 0x55));
}

}  // namespace
}  // namespace simcuda::test
