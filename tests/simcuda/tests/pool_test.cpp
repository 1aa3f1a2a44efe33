// Memory pools: reserved and used memory, defaults, attributes, ends.
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstring>

#include "second_process.hpp"
#include "stream_fixture.hpp"

namespace simcuda::test {
namespace {

constexpr auto kDescriptor = CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR;
constexpr auto kReserved = CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT;
constexpr auto kUsed = CU_MEMPOOL_ATTR_USED_MEM_CURRENT;

class Pools : public StreamOrderTest {};

MEMORY_TEST(Pools, ReservedMemoryIsTheDevicesUntilAWaitFindsItAboveTheThreshold) {
  std::size_t free_before = 0, free_now = 0, total = 0;
  CUmemoryPool pool = made();
  ASSERT_EQ(cuMemGetInfo_v2(&free_before, &total), CUDA_SUCCESS);
  CUdeviceptr address = taken(pool, kMiB, a);
  ASSERT_EQ(cuMemGetInfo_v2(&free_now, &total), CUDA_SUCCESS);
  EXPECT_EQ(free_before - free_now, kSegment) << "segments are 32 MiB";
  EXPECT_EQ(number(pool, kReserved), kSegment);
  EXPECT_EQ(number(pool, kUsed), kMiB);
  ASSERT_EQ(cuMemFreeAsync(address, a), CUDA_SUCCESS);
  EXPECT_EQ(number(pool, kUsed), 0U);
  while (cuStreamQuery(a) == CUDA_ERROR_NOT_READY) {
  }
  EXPECT_EQ(number(pool, kReserved), kSegment) << "nobody has waited";
  ASSERT_EQ(cuStreamSynchronize(a), CUDA_SUCCESS);
  EXPECT_EQ(number(pool, kReserved), 0U);
  ASSERT_EQ(cuMemGetInfo_v2(&free_now, &total), CUDA_SUCCESS);
  EXPECT_EQ(free_now, free_before);
}

MEMORY_TEST(Pools, EveryKindOfWaitGivesMemoryBack) {
  CUmemoryPool pool = made();
  CUevent event = nullptr;
  ASSERT_EQ(cuEventCreate(&event, CU_EVENT_DISABLE_TIMING), CUDA_SUCCESS);
  for (int kind = 0; kind < 3; ++kind) {
    ASSERT_EQ(cuMemFreeAsync(taken(pool, kMiB, a), a), CUDA_SUCCESS);
    ASSERT_EQ(cuEventRecord(event, a), CUDA_SUCCESS);
    EXPECT_EQ(number(pool, kReserved), kSegment);
    CUresult waited = kind == 0   ? cuStreamSynchronize(a)
                      : kind == 1 ? cuEventSynchronize(event)
                                  : cuCtxSynchronize();
    ASSERT_EQ(waited, CUDA_SUCCESS);
    EXPECT_EQ(number(pool, kReserved), 0U) << kind;
  }
}

MEMORY_TEST(Pools, UpToTheThresholdMemoryIsKeptUntilItIsTrimmed) {
  CUmemoryPool pool = made();
  keep(pool, kSegment);
  CUdeviceptr one = taken(pool, kSegment, a), two = taken(pool, kSegment, a),
              three = taken(pool, kSegment, a);
  ASSERT_EQ(cuMemFreeAsync(one, a), CUDA_SUCCESS);
  ASSERT_EQ(cuMemFreeAsync(two, a), CUDA_SUCCESS);
  ASSERT_EQ(cuMemFreeAsync(three, a), CUDA_SUCCESS);
  ASSERT_EQ(cuStreamSynchronize(a), CUDA_SUCCESS);
  EXPECT_EQ(number(pool, kReserved), kSegment);
  ASSERT_EQ(cuMemPoolTrimTo(pool, 2 * kSegment), CUDA_SUCCESS);
  EXPECT_EQ(number(pool, kReserved), kSegment);
  ASSERT_EQ(cuMemPoolTrimTo(pool, 1), CUDA_SUCCESS);
  EXPECT_EQ(number(pool, kReserved), kSegment) << "less would be left than is to be kept";
  ASSERT_EQ(cuMemPoolTrimTo(pool, 0), CUDA_SUCCESS);
  EXPECT_EQ(number(pool, kReserved), 0U);
}

MEMORY_TEST(Pools, TrimLeavesUsedMemoryAndFreesThatAreQueued) {
  CUmemoryPool pool = made();
  CUdeviceptr used_one = taken(pool, kSegment, a), freed = taken(pool, kSegment, a);
  simcuda_hold(a);
  ASSERT_EQ(cuMemFreeAsync(freed, a), CUDA_SUCCESS);
  ASSERT_EQ(cuMemPoolTrimTo(pool, 0), CUDA_SUCCESS);
  EXPECT_EQ(number(pool, kReserved), 2 * kSegment);
  simcuda_release(a);
  ASSERT_EQ(cuStreamSynchronize(a), CUDA_SUCCESS);
  EXPECT_EQ(number(pool, kReserved), kSegment);
  EXPECT_EQ(cuMemFree_v2(used_one), CUDA_SUCCESS);
  ASSERT_EQ(cuMemPoolTrimTo(pool, 0), CUDA_SUCCESS);
  EXPECT_EQ(number(pool, kReserved), 0U);
}

MEMORY_TEST(Pools, HighWaterMarksAreKeptAndResetOnlyToZero) {
  CUmemoryPool pool = made();
  CUdeviceptr address = taken(pool, 3 * kMiB, a);
  ASSERT_EQ(cuMemFree_v2(address), CUDA_SUCCESS);
  EXPECT_EQ(number(pool, CU_MEMPOOL_ATTR_USED_MEM_HIGH), 3 * kMiB);
  EXPECT_EQ(number(pool, CU_MEMPOOL_ATTR_RESERVED_MEM_HIGH), kSegment);
  cuuint64_t one = 1, zero = 0;
  EXPECT_EQ(cuMemPoolSetAttribute(pool, CU_MEMPOOL_ATTR_USED_MEM_HIGH, &one), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuMemPoolSetAttribute(pool, CU_MEMPOOL_ATTR_RESERVED_MEM_HIGH, &one), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuMemPoolSetAttribute(pool, CU_MEMPOOL_ATTR_USED_MEM_HIGH, &zero), CUDA_SUCCESS);
  EXPECT_EQ(number(pool, CU_MEMPOOL_ATTR_USED_MEM_HIGH), 0U);
  EXPECT_EQ(cuMemPoolSetAttribute(pool, kReserved, &zero), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuMemPoolGetAttribute(pool, static_cast<CUmemPool_attribute>(99), &zero),
            CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuMemPoolGetAttribute(pool, kUsed, nullptr), CUDA_ERROR_INVALID_VALUE);
}

MEMORY_TEST(Pools, ReuseFlagsAreOnByDefaultAndTheThresholdIsZero) {
  CUmemoryPool pool = nullptr;
  ASSERT_EQ(cuDeviceGetDefaultMemPool(&pool, 1), CUDA_SUCCESS);
  for (auto attribute :
       {CU_MEMPOOL_ATTR_REUSE_FOLLOW_EVENT_DEPENDENCIES, CU_MEMPOOL_ATTR_REUSE_ALLOW_OPPORTUNISTIC,
        CU_MEMPOOL_ATTR_REUSE_ALLOW_INTERNAL_DEPENDENCIES}) {
    int flag = 7;
    ASSERT_EQ(cuMemPoolGetAttribute(pool, attribute, &flag), CUDA_SUCCESS);
    EXPECT_EQ(flag, 1);
  }
  EXPECT_EQ(number(pool, CU_MEMPOOL_ATTR_RELEASE_THRESHOLD), 0U);
}

MEMORY_TEST(Pools, APoolTakesNoMoreThanItsLimitNorThanTheDeviceHas) {
  CUmemoryPool small = made(4 * kMiB);
  CUdeviceptr address = taken(small, 3 * kMiB, a), none = 7;
  EXPECT_EQ(number(small, kReserved), 4 * kMiB) << "no room for a whole segment";
  EXPECT_EQ(cuMemAllocFromPoolAsync(&none, 3 * kMiB, small, a), CUDA_ERROR_OUT_OF_MEMORY);
  CUmemoryPool large = made();
  EXPECT_EQ(cuMemAllocFromPoolAsync(&none, 513 * kMiB, large, a), CUDA_ERROR_OUT_OF_MEMORY);
  EXPECT_EQ(none, 7U);
  EXPECT_EQ(number(large, kReserved), 0U);
  EXPECT_EQ(cuMemFreeAsync(address, a), CUDA_SUCCESS);
}

MEMORY_TEST(Pools, ADestroyedPoolGivesItsMemoryBackWhenTheLastBlockIsFreed) {
  std::size_t before = used();
  CUmemoryPool pool = made();
  keep(pool, ~cuuint64_t{0});  // no wait gives anything back
  CUdeviceptr one = taken(pool, kMiB, a), two = taken(pool, kMiB, a);
  ASSERT_EQ(cuMemPoolDestroy(pool), CUDA_SUCCESS);
  CUdeviceptr none = 0;
  EXPECT_EQ(cuMemAllocFromPoolAsync(&none, kMiB, pool, a), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuMemPoolDestroy(pool), CUDA_ERROR_INVALID_VALUE);
  ASSERT_EQ(cuMemsetD8Async(one, 4, kMiB, a), CUDA_SUCCESS) << "the memory is still there";
  ASSERT_EQ(cuMemFreeAsync(one, a), CUDA_SUCCESS);
  ASSERT_EQ(cuStreamSynchronize(a), CUDA_SUCCESS);
  EXPECT_EQ(used(), before + kSegment);
  simcuda_hold(a);
  ASSERT_EQ(cuMemFreeAsync(two, a), CUDA_SUCCESS);
  EXPECT_EQ(used(), before + kSegment) << "the free is queued";
  simcuda_release(a);
  ASSERT_EQ(cuStreamSynchronize(a), CUDA_SUCCESS);
  EXPECT_EQ(used(), before);
}

MEMORY_TEST(Pools, ADefaultPoolStaysAndComesBackWhenTheCurrentOneIsDestroyed) {
  CUmemoryPool fallback = nullptr, current = nullptr, mine = made();
  ASSERT_EQ(cuDeviceGetDefaultMemPool(&fallback, 0), CUDA_SUCCESS);
  EXPECT_EQ(cuMemPoolDestroy(fallback), CUDA_ERROR_INVALID_VALUE);
  ASSERT_EQ(cuDeviceSetMemPool(0, mine), CUDA_SUCCESS);
  ASSERT_EQ(cuDeviceGetMemPool(&current, 0), CUDA_SUCCESS);
  EXPECT_EQ(current, mine);
  CUdeviceptr address = 0;
  ASSERT_EQ(cuMemAllocAsync(&address, kMiB, a), CUDA_SUCCESS);
  EXPECT_EQ(number(mine, kUsed), kMiB) << "allocations come from the current pool";
  ASSERT_EQ(cuMemFreeAsync(address, a), CUDA_SUCCESS);
  ASSERT_EQ(cuMemPoolDestroy(mine), CUDA_SUCCESS);
  ASSERT_EQ(cuDeviceGetMemPool(&current, 0), CUDA_SUCCESS);
  EXPECT_EQ(current, fallback);
}

MEMORY_TEST(Pools, APoolIsCurrentOnlyWhereItsMemoryIs) {
  CUmemoryPool mine = made();
  EXPECT_EQ(cuDeviceSetMemPool(1, mine), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuDeviceSetMemPool(9, mine), CUDA_ERROR_INVALID_DEVICE);
  EXPECT_EQ(cuDeviceSetMemPool(0, nullptr), CUDA_ERROR_INVALID_VALUE);
  CUmemLocation host = {.type = CU_MEM_LOCATION_TYPE_HOST, .id = 0};
  EXPECT_EQ(cuMemSetMemPool(&host, CU_MEM_ALLOCATION_TYPE_PINNED, mine), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuMemPoolDestroy(mine), CUDA_SUCCESS);
}

MEMORY_TEST(Pools, DefaultAndCurrentPoolsByLocationAreThoseOfTheDevice) {
  CUmemLocation device = {.type = CU_MEM_LOCATION_TYPE_DEVICE, .id = 0};
  CUmemoryPool by_location = nullptr, by_device = nullptr;
  ASSERT_EQ(cuMemGetDefaultMemPool(&by_location, &device, CU_MEM_ALLOCATION_TYPE_PINNED), CUDA_SUCCESS);
  ASSERT_EQ(cuDeviceGetDefaultMemPool(&by_device, 0), CUDA_SUCCESS);
  EXPECT_EQ(by_location, by_device);
  CUmemoryPool mine = made();
  ASSERT_EQ(cuMemSetMemPool(&device, CU_MEM_ALLOCATION_TYPE_PINNED, mine), CUDA_SUCCESS);
  ASSERT_EQ(cuDeviceGetMemPool(&by_device, 0), CUDA_SUCCESS);
  EXPECT_EQ(by_device, mine);
  ASSERT_EQ(cuMemPoolDestroy(mine), CUDA_SUCCESS);
  device.id = 9;
  EXPECT_EQ(cuMemGetMemPool(&by_location, &device, CU_MEM_ALLOCATION_TYPE_PINNED), CUDA_ERROR_INVALID_DEVICE);
  device = {.type = CU_MEM_LOCATION_TYPE_NONE, .id = 0};
  EXPECT_EQ(cuMemGetMemPool(&by_location, &device, CU_MEM_ALLOCATION_TYPE_PINNED), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuMemGetDefaultMemPool(&by_location, &device, CU_MEM_ALLOCATION_TYPE_MANAGED),
            CUDA_ERROR_NOT_SUPPORTED);
}

MEMORY_TEST(Pools, ThePoolOfTheHostGivesMemoryThatTheHostMayTouch) {
  CUmemLocation host = {.type = CU_MEM_LOCATION_TYPE_HOST, .id = 0};
  CUmemoryPool pool = nullptr;
  ASSERT_EQ(cuMemGetDefaultMemPool(&pool, &host, CU_MEM_ALLOCATION_TYPE_PINNED), CUDA_SUCCESS);
  std::size_t before = used();
  CUdeviceptr address = taken(pool, kMiB, a);
  EXPECT_EQ(used(), before);
  ASSERT_EQ(cuMemsetD8Async(address, 9, kMiB, a), CUDA_SUCCESS);
  ASSERT_EQ(cuStreamSynchronize(a), CUDA_SUCCESS);
  EXPECT_EQ(reinterpret_cast<unsigned char*>(address)[kMiB - 1], 9);
  unsigned type = 0;
  ASSERT_EQ(cuPointerGetAttribute(&type, CU_POINTER_ATTRIBUTE_MEMORY_TYPE, address), CUDA_SUCCESS);
  EXPECT_EQ(type, static_cast<unsigned>(CU_MEMORYTYPE_HOST));
  EXPECT_EQ(cuMemFreeAsync(address, a), CUDA_SUCCESS);
}

MEMORY_TEST(Pools, TheHostFaultsOnAPoolOfTheDevice) {
  CUdeviceptr address = taken(made(), kMiB, a);
  EXPECT_EXIT(*reinterpret_cast<volatile char*>(address) = 1, ::testing::KilledBySignal(SIGSEGV), "");
}

MEMORY_TEST(Pools, PropertiesThatCannotBeAreRefused) {
  CUmemPoolProps good = {};
  good.allocType = CU_MEM_ALLOCATION_TYPE_PINNED;
  good.location = {.type = CU_MEM_LOCATION_TYPE_DEVICE, .id = 0};
  auto* marker = reinterpret_cast<CUmemoryPool>(std::uintptr_t{7});
  CUmemoryPool pool = marker;
  CUmemPoolProps bad = good;
  bad.location.id = 9;
  EXPECT_EQ(cuMemPoolCreate(&pool, &bad), CUDA_ERROR_INVALID_VALUE);
  bad = good;
  bad.location.type = CU_MEM_LOCATION_TYPE_HOST_NUMA_CURRENT;
  EXPECT_EQ(cuMemPoolCreate(&pool, &bad), CUDA_ERROR_INVALID_VALUE);
  bad = good;
  bad.location.type = CU_MEM_LOCATION_TYPE_HOST;
  bad.handleTypes = kDescriptor;
  EXPECT_EQ(cuMemPoolCreate(&pool, &bad), CUDA_ERROR_INVALID_VALUE);
  bad = good;
  bad.handleTypes = CU_MEM_HANDLE_TYPE_FABRIC;
  EXPECT_EQ(cuMemPoolCreate(&pool, &bad), CUDA_ERROR_NOT_SUPPORTED);
  bad = good;
  bad.reserved[10] = 1;
  EXPECT_EQ(cuMemPoolCreate(&pool, &bad), CUDA_ERROR_INVALID_VALUE);
  bad = good;
  bad.allocType = CU_MEM_ALLOCATION_TYPE_INVALID;
  EXPECT_EQ(cuMemPoolCreate(&pool, &bad), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuMemPoolCreate(&pool, nullptr), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(pool, marker);
}

MEMORY_TEST(Pools, AccessIsKeptForEachDeviceAndTheOwnCannotBeTaken) {
  CUmemoryPool pool = made();
  CUmemAccess_flags flags = CU_MEM_ACCESS_FLAGS_PROT_MAX;
  CUmemLocation own = {.type = CU_MEM_LOCATION_TYPE_DEVICE, .id = 0},
                other = {.type = CU_MEM_LOCATION_TYPE_DEVICE, .id = 1};
  ASSERT_EQ(cuMemPoolGetAccess(&flags, pool, &own), CUDA_SUCCESS);
  EXPECT_EQ(flags, CU_MEM_ACCESS_FLAGS_PROT_READWRITE);
  ASSERT_EQ(cuMemPoolGetAccess(&flags, pool, &other), CUDA_SUCCESS);
  EXPECT_EQ(flags, CU_MEM_ACCESS_FLAGS_PROT_NONE);
  CUmemAccessDesc wanted[] = {readwrite(1), readwrite(0)};
  wanted[1].flags = CU_MEM_ACCESS_FLAGS_PROT_NONE;
  EXPECT_EQ(cuMemPoolSetAccess(pool, wanted, 2), CUDA_ERROR_INVALID_VALUE);
  ASSERT_EQ(cuMemPoolGetAccess(&flags, pool, &other), CUDA_SUCCESS);
  EXPECT_EQ(flags, CU_MEM_ACCESS_FLAGS_PROT_NONE) << "nothing is given when a part is refused";
  ASSERT_EQ(cuMemPoolSetAccess(pool, wanted, 1), CUDA_SUCCESS);
  ASSERT_EQ(cuMemPoolGetAccess(&flags, pool, &other), CUDA_SUCCESS);
  EXPECT_EQ(flags, CU_MEM_ACCESS_FLAGS_PROT_READWRITE);
}

MEMORY_TEST(Pools, MemoryOfPoolsOutlivesTheContext) {
  CUmemoryPool pool = made();
  CUdeviceptr address = taken(pool, kMiB, a);
  ASSERT_EQ(cuStreamSynchronize(a), CUDA_SUCCESS);
  ASSERT_EQ(cuDevicePrimaryCtxReset_v2(0), CUDA_SUCCESS);
  EXPECT_TRUE(fill(address, kMiB, 1));
  EXPECT_EQ(number(pool, kUsed), kMiB);
}

// --- two processes ---------------------------------------------------------------------------------------------------

struct Sent {
  CUmemPoolPtrExportData first, second;
};

const Role importer("import a pool and its pointers", [](const Message& message) {
  Sent sent;
  std::memcpy(&sent, message.data(), sizeof sent);
  CUcontext context = nullptr;
  EXPECT_IN_ROLE(cuInit(0) == CUDA_SUCCESS);
  EXPECT_IN_ROLE(cuDevicePrimaryCtxRetain(&context, 0) == CUDA_SUCCESS);
  EXPECT_IN_ROLE(cuCtxSetCurrent(context) == CUDA_SUCCESS);
  std::size_t before = used();
  CUmemoryPool pool = nullptr;
  auto* handle = reinterpret_cast<void*>(std::intptr_t{kGivenDescriptor});
  EXPECT_IN_ROLE(cuMemPoolImportFromShareableHandle(&pool, handle, kDescriptor, 0) == CUDA_SUCCESS);
  close(kGivenDescriptor);
  CUdeviceptr first = 0, second = 0, none = 0;
  EXPECT_IN_ROLE(cuMemAllocFromPoolAsync(&none, 512, pool, nullptr) == CUDA_ERROR_INVALID_VALUE);
  EXPECT_IN_ROLE(cuDeviceSetMemPool(0, pool) == CUDA_ERROR_INVALID_VALUE);
  EXPECT_IN_ROLE(cuMemPoolImportPointer(&first, pool, &sent.first) == CUDA_SUCCESS);
  EXPECT_IN_ROLE(cuMemPoolImportPointer(&second, pool, &sent.second) == CUDA_SUCCESS);
  EXPECT_IN_ROLE(holds(first, 700, 0x61) && holds(second, kMiB, 0x62));
  EXPECT_IN_ROLE(!holds(first, 701, 0x61));
  EXPECT_IN_ROLE(fill(second, kMiB, 0x63));
  EXPECT_IN_ROLE(used() == before);
  CUmemPoolPtrExportData wrong = sent.first;
  wrong.reserved[9] ^= 1;
  EXPECT_IN_ROLE(cuMemPoolImportPointer(&none, pool, &wrong) == CUDA_ERROR_INVALID_VALUE);
  EXPECT_IN_ROLE(cuMemFree_v2(first) == CUDA_SUCCESS);
  EXPECT_IN_ROLE(!holds(first, 1, 0x61));
  EXPECT_IN_ROLE(cuMemFreeAsync(second, nullptr) == CUDA_SUCCESS);
  EXPECT_IN_ROLE(cuMemFreeAsync(second, nullptr) == CUDA_ERROR_INVALID_VALUE);
  EXPECT_IN_ROLE(cuCtxSynchronize() == CUDA_SUCCESS);
  EXPECT_IN_ROLE(cuMemPoolDestroy(pool) == CUDA_SUCCESS);
  return 0;
});

MEMORY_TEST(Pools, AnotherProcessImportsThePoolAndItsPointers) {
  CUmemoryPool pool = made(0, true);
  CUdeviceptr first = taken(pool, 700, a), second = taken(pool, kMiB, a);
  ASSERT_EQ(cuStreamSynchronize(a), CUDA_SUCCESS);
  ASSERT_TRUE(fill(first, 700, 0x61) && fill(second, kMiB, 0x62));
  int descriptor = -1;
  Sent sent = {};
  EXPECT_EQ(cuMemPoolExportPointer(&sent.first, first), CUDA_ERROR_INVALID_VALUE)
      << "the pool is not shared yet";
  ASSERT_EQ(cuMemPoolExportToShareableHandle(&descriptor, pool, kDescriptor, 0), CUDA_SUCCESS);
  ASSERT_EQ(cuMemPoolExportPointer(&sent.first, first), CUDA_SUCCESS);
  ASSERT_EQ(cuMemPoolExportPointer(&sent.second, second), CUDA_SUCCESS);
  EXPECT_EQ(play("import a pool and its pointers", as_message(sent), descriptor), 0);
  close(descriptor);
  EXPECT_TRUE(holds(second, kMiB, 0x63)) << "the other process wrote this";
  EXPECT_TRUE(holds(first, 700, 0x61));
}

MEMORY_TEST(Pools, OnlyAPoolMadeForItIsShared) {
  CUmemoryPool pool = made();
  int descriptor = -7;
  EXPECT_EQ(cuMemPoolExportToShareableHandle(&descriptor, pool, kDescriptor, 0), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(descriptor, -7);
  CUmemPoolPtrExportData data = {};
  EXPECT_EQ(cuMemPoolExportPointer(&data, taken(pool, kMiB, a)), CUDA_ERROR_INVALID_VALUE);
  auto* handle = reinterpret_cast<void*>(std::intptr_t{STDIN_FILENO});
  EXPECT_EQ(cuMemPoolImportFromShareableHandle(&pool, handle, kDescriptor, 0), CUDA_ERROR_INVALID_VALUE);
}

}  // namespace
}  // namespace simcuda::test
