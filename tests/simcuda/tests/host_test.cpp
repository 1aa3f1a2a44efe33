// Pinned, registered and managed memory, and what addresses are.
#include <sys/mman.h>

#include <cstring>

#include "tests/driver.hpp"

using namespace simcuda::test;

namespace {

CUdeviceptr address_of(const void* place) { return reinterpret_cast<CUdeviceptr>(place); }

template <class T>
T attribute(CUpointer_attribute which, CUdeviceptr address) {
  T value = {};
  EXPECT_EQ(cuPointerGetAttribute(&value, which, address), CUDA_SUCCESS) << which;
  return value;
}

CUdeviceptr managed(size_t bytes) {
  CUdeviceptr address = 0;
  EXPECT_EQ(cuMemAllocManaged(&address, bytes, CU_MEM_ATTACH_GLOBAL), CUDA_SUCCESS);
  return address;
}

int range(CUmem_range_attribute which, CUdeviceptr address, size_t bytes) {
  int value = -77;
  EXPECT_EQ(cuMemRangeGetAttribute(&value, sizeof value, which, address, bytes), CUDA_SUCCESS);
  return value;
}

TEST(Pinned, CanBeUsedByHostAndDeviceAtOneAddress) {
  in_context([] {
    char* place = nullptr;
    ASSERT_EQ(cuMemHostAlloc(reinterpret_cast<void**>(&place), 1000, CU_MEMHOSTALLOC_DEVICEMAP),
              CUDA_SUCCESS);
    std::memset(place, 1, 1000);
    CUdeviceptr device = 0;
    unsigned flags = 0;
    EXPECT_EQ(cuMemHostGetDevicePointer_v2(&device, place + 10, 0), CUDA_SUCCESS);
    EXPECT_EQ(device, address_of(place + 10));
    EXPECT_EQ(cuMemHostGetFlags(&flags, place + 10), CUDA_SUCCESS);
    EXPECT_EQ(flags, unsigned{CU_MEMHOSTALLOC_DEVICEMAP});
    EXPECT_EQ(cuMemHostGetDevicePointer_v2(&device, place, 1), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuMemFreeHost(place + 10), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuMemFree_v2(address_of(place)), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuMemFreeHost(place), CUDA_SUCCESS);
    EXPECT_EQ(cuMemFreeHost(place), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuMemHostGetFlags(&flags, place), CUDA_ERROR_INVALID_VALUE);
  });
}

TEST(Pinned, TakesNoDeviceMemory) {
  in_context([] {
    const size_t before = free_bytes();
    void* place = nullptr;
    EXPECT_EQ(cuMemAllocHost_v2(&place, 100 * MiB), CUDA_SUCCESS);
    EXPECT_EQ(free_bytes(), before);
    EXPECT_EQ(simcuda_live_bytes(-1, SIMCUDA_PINNED), 100 * MiB);
  });
}

TEST(Pinned, WrongRequestsAreRefusedAndWriteNothing) {
  in_context([] {
    void* place = &place;
    EXPECT_EQ(cuMemHostAlloc(&place, 0, 0), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuMemHostAlloc(&place, 1, 0x80), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuMemHostAlloc(&place, SIZE_MAX / 2, 0), CUDA_ERROR_OUT_OF_MEMORY);
    EXPECT_EQ(place, &place);
  });
}

TEST(Registered, OnceAndByItsBase) {
  in_context([] {
    alignas(4096) static char mine[8192];
    EXPECT_EQ(cuMemHostRegister_v2(mine + 100, 1000, CU_MEMHOSTREGISTER_PORTABLE), CUDA_SUCCESS);
    EXPECT_EQ(cuMemHostRegister_v2(mine + 100, 1000, 0), CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED);
    EXPECT_EQ(cuMemHostRegister_v2(mine, 4096, 0), CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED);
    EXPECT_EQ(cuMemHostRegister_v2(mine + 1099, 10, 0), CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED);
    EXPECT_EQ(cuMemHostUnregister(mine), CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED);
    EXPECT_EQ(cuMemHostUnregister(mine + 101), CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED);
    EXPECT_EQ(cuMemHostUnregister(mine + 100), CUDA_SUCCESS);
    EXPECT_EQ(cuMemHostUnregister(mine + 100), CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED);
    EXPECT_EQ(cuMemHostRegister_v2(mine, 0, 0), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuMemHostRegister_v2(nullptr, 10, 0), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuMemHostRegister_v2(mine, 10, 0x100), CUDA_ERROR_INVALID_VALUE);
  });
}

TEST(Registered, OnlyMemoryThatExists) {
  in_context([] {
    void* place = mmap(nullptr, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ASSERT_EQ(munmap(static_cast<char*>(place) + 4096, 4096), 0);
    EXPECT_EQ(cuMemHostRegister_v2(place, 8192, 0), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuMemHostRegister_v2(place, 4096, 0), CUDA_SUCCESS);
  });
}

TEST(Registered, PinnedMemoryIsKnownAlready) {
  in_context([] {
    void* place = nullptr;
    ASSERT_EQ(cuMemHostAlloc(&place, 100, 0), CUDA_SUCCESS);
    EXPECT_EQ(cuMemHostRegister_v2(place, 100, 0), CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED);
    EXPECT_EQ(cuMemHostUnregister(place), CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED);
  });
}

TEST(Managed, IsReadableForTheHostUntilItIsFreed) {
  in_context([] {
    const CUdeviceptr address = managed(100000);
    std::memset(reinterpret_cast<void*>(address), 1, 100000);
    EXPECT_EQ(cuMemFree_v2(address), CUDA_SUCCESS);
    EXPECT_EXIT((void)*reinterpret_cast<volatile char*>(address), testing::KilledBySignal(SIGSEGV), "");
    const CUdeviceptr again = managed(100000);
    EXPECT_EQ(*reinterpret_cast<char*>(again), 0);
    CUdeviceptr none = 77;
    EXPECT_EQ(cuMemAllocManaged(&none, 0, CU_MEM_ATTACH_GLOBAL), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuMemAllocManaged(&none, 1, 0), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(none, 77u);
  });
}

TEST(Managed, AdviceIsKeptByPage) {
  in_context({{"SIMCUDA_DEVICES", "2"}}, [] {
    const CUdeviceptr address = managed(16384);
    const CUmemLocation first = {CU_MEM_LOCATION_TYPE_DEVICE, 0}, second = {CU_MEM_LOCATION_TYPE_DEVICE, 1};
    EXPECT_EQ(range(CU_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION, address, 16384), CU_DEVICE_INVALID);
    EXPECT_EQ(cuMemAdvise_v2(address + 100, 8000, CU_MEM_ADVISE_SET_PREFERRED_LOCATION, first), CUDA_SUCCESS);
    EXPECT_EQ(range(CU_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION, address, 8192), 0);
    EXPECT_EQ(range(CU_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION_TYPE, address, 8192),
              CU_MEM_LOCATION_TYPE_DEVICE);
    EXPECT_EQ(range(CU_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION, address, 8193), CU_DEVICE_INVALID);
    EXPECT_EQ(cuMemAdvise(address, 4096, CU_MEM_ADVISE_SET_PREFERRED_LOCATION, CU_DEVICE_CPU), CUDA_SUCCESS);
    EXPECT_EQ(range(CU_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION, address, 4096), CU_DEVICE_CPU);
    EXPECT_EQ(range(CU_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION, address, 8192), CU_DEVICE_INVALID);
    EXPECT_EQ(range(CU_MEM_RANGE_ATTRIBUTE_READ_MOSTLY, address, 1), 0);
    EXPECT_EQ(cuMemAdvise_v2(address, 16384, CU_MEM_ADVISE_SET_READ_MOSTLY, {}), CUDA_SUCCESS);
    EXPECT_EQ(range(CU_MEM_RANGE_ATTRIBUTE_READ_MOSTLY, address, 16384), 1);
    EXPECT_EQ(cuMemAdvise_v2(address, 8192, CU_MEM_ADVISE_SET_ACCESSED_BY, first), CUDA_SUCCESS);
    EXPECT_EQ(cuMemAdvise_v2(address, 4096, CU_MEM_ADVISE_SET_ACCESSED_BY, second), CUDA_SUCCESS);
    int devices[3] = {};
    EXPECT_EQ(
        cuMemRangeGetAttribute(devices, sizeof devices, CU_MEM_RANGE_ATTRIBUTE_ACCESSED_BY, address, 8192),
        CUDA_SUCCESS);
    EXPECT_EQ(devices[0], 0);
    EXPECT_EQ(devices[1], CU_DEVICE_INVALID);
    EXPECT_EQ(cuMemAdvise_v2(address, 8192, CU_MEM_ADVISE_SET_ACCESSED_BY, {CU_MEM_LOCATION_TYPE_DEVICE, 7}),
              CUDA_ERROR_INVALID_DEVICE);
  });
}

TEST(Managed, AdviceIsForgottenWithTheBlockAndRefusedElsewhere) {
  in_context([] {
    const CUdeviceptr address = managed(4096);
    EXPECT_EQ(cuMemAdvise_v2(address, 4096, CU_MEM_ADVISE_SET_READ_MOSTLY, {}), CUDA_SUCCESS);
    EXPECT_EQ(cuMemFree_v2(address), CUDA_SUCCESS);
    EXPECT_EQ(managed(4096), address);
    EXPECT_EQ(range(CU_MEM_RANGE_ATTRIBUTE_READ_MOSTLY, address, 4096), 0);
    EXPECT_EQ(cuMemAdvise_v2(address, 4097, CU_MEM_ADVISE_SET_READ_MOSTLY, {}), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuMemAdvise_v2(allocated(100), 100, CU_MEM_ADVISE_SET_READ_MOSTLY, {}),
              CUDA_ERROR_INVALID_VALUE);
  });
}

TEST(Managed, ThePrefetchIsRemembered) {
  in_context([] {
    const CUdeviceptr address = managed(4096);
    EXPECT_EQ(cuMemPrefetchAsync(address, 4096, 0, nullptr), CUDA_SUCCESS);
    EXPECT_EQ(range(CU_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION, address, 4096), 0);
    EXPECT_EQ(cuMemPrefetchAsync_v2_ptsz(address, 4096, {CU_MEM_LOCATION_TYPE_HOST, 0}, 0, nullptr),
              CUDA_SUCCESS);
    EXPECT_EQ(range(CU_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION, address, 4096), CU_DEVICE_CPU);
    EXPECT_EQ(cuMemPrefetchAsync(address, 4096, 9, nullptr), CUDA_ERROR_INVALID_DEVICE);
    EXPECT_EQ(cuMemPrefetchAsync(allocated(4096), 4096, 0, nullptr), CUDA_ERROR_INVALID_VALUE);
  });
}

TEST(Pointer, AttributesOfEachKind) {
  in_context([] {
    CUcontext context = nullptr;
    ASSERT_EQ(cuCtxGetCurrent(&context), CUDA_SUCCESS);
    const CUdeviceptr device = allocated(1000), shared = managed(1000);
    void* pinned = nullptr;
    ASSERT_EQ(cuMemHostAlloc(&pinned, 1000, 0), CUDA_SUCCESS);
    const auto type = [](CUdeviceptr address) {
      return attribute<unsigned>(CU_POINTER_ATTRIBUTE_MEMORY_TYPE, address);
    };
    EXPECT_EQ(type(device + 10), unsigned{CU_MEMORYTYPE_DEVICE});
    EXPECT_EQ(type(shared), unsigned{CU_MEMORYTYPE_DEVICE});
    EXPECT_EQ(type(address_of(pinned)), unsigned{CU_MEMORYTYPE_HOST});
    EXPECT_EQ(attribute<unsigned>(CU_POINTER_ATTRIBUTE_IS_MANAGED, shared), 1u);
    EXPECT_EQ(attribute<unsigned>(CU_POINTER_ATTRIBUTE_IS_MANAGED, device), 0u);
    EXPECT_EQ(attribute<CUcontext>(CU_POINTER_ATTRIBUTE_CONTEXT, device), context);
    EXPECT_EQ(attribute<CUdeviceptr>(CU_POINTER_ATTRIBUTE_RANGE_START_ADDR, device + 10), device);
    EXPECT_EQ(attribute<size_t>(CU_POINTER_ATTRIBUTE_RANGE_SIZE, device + 10), 1000u);
    EXPECT_EQ(attribute<CUdeviceptr>(CU_POINTER_ATTRIBUTE_DEVICE_POINTER, device + 10), device + 10);
    EXPECT_EQ(attribute<void*>(CU_POINTER_ATTRIBUTE_HOST_POINTER, address_of(pinned)), pinned);
    EXPECT_EQ(attribute<unsigned>(CU_POINTER_ATTRIBUTE_IS_LEGACY_CUDA_IPC_CAPABLE, device), 1u);
    EXPECT_EQ(attribute<unsigned>(CU_POINTER_ATTRIBUTE_IS_LEGACY_CUDA_IPC_CAPABLE, shared), 0u);
    void* none = &none;
    EXPECT_EQ(cuPointerGetAttribute(&none, CU_POINTER_ATTRIBUTE_HOST_POINTER, device),
              CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(none, &none);
  });
}

TEST(Pointer, AnUnknownOneIsAnErrorAloneAndNothingInAList) {
  in_context([] {
    int mine = 0;
    unsigned type = 77;
    EXPECT_EQ(cuPointerGetAttribute(&type, CU_POINTER_ATTRIBUTE_MEMORY_TYPE, address_of(&mine)),
              CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(type, 77u);
    CUcontext context = reinterpret_cast<CUcontext>(1);
    int device = 7;
    CUpointer_attribute which[] = {CU_POINTER_ATTRIBUTE_MEMORY_TYPE, CU_POINTER_ATTRIBUTE_CONTEXT,
                                   CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL};
    void* data[] = {&type, &context, &device};
    EXPECT_EQ(cuPointerGetAttributes(3, which, data, address_of(&mine)), CUDA_SUCCESS);
    EXPECT_EQ(type, 0u);
    EXPECT_EQ(context, nullptr);
    EXPECT_EQ(device, CU_DEVICE_INVALID);
    EXPECT_EQ(cuPointerGetAttributes(3, which, data, allocated(10)), CUDA_SUCCESS);
    EXPECT_EQ(type, unsigned{CU_MEMORYTYPE_DEVICE});
    EXPECT_EQ(device, 0);
  });
}

TEST(Pointer, ABufferIdIsNeverUsedTwice) {
  in_context([] {
    const CUdeviceptr address = allocated(100);
    const auto first = attribute<unsigned long long>(CU_POINTER_ATTRIBUTE_BUFFER_ID, address);
    EXPECT_EQ(cuMemFree_v2(address), CUDA_SUCCESS);
    EXPECT_EQ(allocated(100), address);
    EXPECT_NE(attribute<unsigned long long>(CU_POINTER_ATTRIBUTE_BUFFER_ID, address), first);
  });
}

TEST(Pointer, SyncMemopsIsSetAndAskingForTokensSetsIt) {
  in_context([] {
    const CUdeviceptr one = allocated(100), other = allocated(100);
    const unsigned yes = 1;
    EXPECT_EQ(attribute<unsigned>(CU_POINTER_ATTRIBUTE_SYNC_MEMOPS, one), 0u);
    EXPECT_EQ(cuPointerSetAttribute(&yes, CU_POINTER_ATTRIBUTE_SYNC_MEMOPS, one), CUDA_SUCCESS);
    EXPECT_EQ(attribute<unsigned>(CU_POINTER_ATTRIBUTE_SYNC_MEMOPS, one), 1u);
    attribute<CUDA_POINTER_ATTRIBUTE_P2P_TOKENS>(CU_POINTER_ATTRIBUTE_P2P_TOKENS, other);
    EXPECT_EQ(attribute<unsigned>(CU_POINTER_ATTRIBUTE_SYNC_MEMOPS, other), 1u);
    EXPECT_EQ(cuPointerSetAttribute(&yes, CU_POINTER_ATTRIBUTE_BUFFER_ID, one), CUDA_ERROR_INVALID_VALUE);
  });
}

}  // namespace
