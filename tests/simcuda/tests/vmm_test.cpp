// Virtual memory management by its documentation.
#include <csignal>
#include <vector>

#include "engine/control.h"
#include "memory_fixture.hpp"

namespace simcuda::test {
namespace {

class Vmm : public MemoryTest {
 protected:
  CUdeviceptr base = 0;

  CUmemGenericAllocationHandle created(std::size_t bytes,
                                       const CUmemAllocationProp& properties = on_device(0)) {
    CUmemGenericAllocationHandle handle = 0;
    EXPECT_EQ(cuMemCreate(&handle, bytes, &properties, 0), CUDA_SUCCESS);
    return handle;
  }
  CUdeviceptr reserved(std::size_t bytes) {
    CUdeviceptr address = 0;
    EXPECT_EQ(cuMemAddressReserve(&address, bytes, 0, 0, 0), CUDA_SUCCESS);
    return address;
  }
  CUresult allow(CUdeviceptr address, std::size_t bytes, int device = 0) {
    CUmemAccessDesc access = readwrite(device);
    return cuMemSetAccess(address, bytes, &access, 1);
  }
};

MEMORY_TEST(Vmm, AddressesAreReservedWithoutMemoryAndAtTheAlignmentAskedFor) {
  std::size_t before = used();
  CUdeviceptr address = 0;
  ASSERT_EQ(cuMemAddressReserve(&address, 64 * kMiB, 32 * kMiB, 0, 0), CUDA_SUCCESS);
  EXPECT_EQ(address % (32 * kMiB), 0U);
  EXPECT_EQ(used(), before);
  EXPECT_EQ(cuMemAddressFree(address, 64 * kMiB), CUDA_SUCCESS);
}

MEMORY_TEST(Vmm, AHintIsFollowedWhenTheAddressesAreFree) {
  CUdeviceptr first = reserved(8 * kMiB);
  ASSERT_EQ(cuMemAddressFree(first, 8 * kMiB), CUDA_SUCCESS);
  CUdeviceptr again = 0;
  ASSERT_EQ(cuMemAddressReserve(&again, 4 * kMiB, 0, first + 4 * kMiB, 0), CUDA_SUCCESS);
  EXPECT_EQ(again, first + 4 * kMiB);
  CUdeviceptr other = 0;
  ASSERT_EQ(cuMemAddressReserve(&other, 4 * kMiB, 0, again, 0), CUDA_SUCCESS) << "only a hint";
  EXPECT_NE(other, again);
}

MEMORY_TEST(Vmm, ReserveRefusesBadArgumentsAndLeavesTheOutputAlone) {
  CUdeviceptr address = 7;
  EXPECT_EQ(cuMemAddressReserve(&address, 0, 0, 0, 0), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuMemAddressReserve(&address, 100, 0, 0, 0), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuMemAddressReserve(&address, kPage, 3 * kPage, 0, 0), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuMemAddressReserve(&address, kPage, 0, 0, 1), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuMemAddressReserve(&address, kPage, 0, 123, 0), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuMemAddressReserve(nullptr, kPage, 0, 0, 0), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuMemAddressReserve(&address, std::size_t{1} << 60, 0, 0, 0), CUDA_ERROR_OUT_OF_MEMORY);
  EXPECT_EQ(address, 7U);
}

MEMORY_TEST(Vmm, MemoryIsChargedWhileAHandleOrAMappingRefersToIt) {
  std::size_t before = used();
  auto handle = created(3 * kPage);
  EXPECT_EQ(used(), before + 3 * kPage);
  base = reserved(3 * kPage);
  ASSERT_EQ(cuMemMap(base, 3 * kPage, 0, handle, 0), CUDA_SUCCESS);
  ASSERT_EQ(cuMemRelease(handle), CUDA_SUCCESS);
  EXPECT_EQ(used(), before + 3 * kPage) << "still mapped";
  EXPECT_EQ(cuMemRelease(handle), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuMemMap(base, kPage, 0, handle, 0), CUDA_ERROR_INVALID_VALUE)
      << "a released handle maps no more";
  ASSERT_EQ(cuMemUnmap(base, 3 * kPage), CUDA_SUCCESS);
  EXPECT_EQ(used(), before);
}

MEMORY_TEST(Vmm, CreateShowsInMemGetInfoAndFailsWhenTheDeviceIsFull) {
  std::size_t free_before = 0, free_after = 0, total = 0;
  ASSERT_EQ(cuMemGetInfo_v2(&free_before, &total), CUDA_SUCCESS);
  auto handle = created(100 * kMiB);
  ASSERT_EQ(cuMemGetInfo_v2(&free_after, &total), CUDA_SUCCESS);
  EXPECT_EQ(free_before - free_after, 100 * kMiB);
  CUmemGenericAllocationHandle more = 7;
  CUmemAllocationProp properties = on_device(0);
  EXPECT_EQ(cuMemCreate(&more, 512 * kMiB, &properties, 0), CUDA_ERROR_OUT_OF_MEMORY);
  properties = on_device(0, true);
  EXPECT_EQ(cuMemCreate(&more, 512 * kMiB, &properties, 0), CUDA_ERROR_OUT_OF_MEMORY);
  EXPECT_EQ(more, 7U);
  EXPECT_EQ(cuMemRelease(handle), CUDA_SUCCESS);
}

MEMORY_TEST(Vmm, CreateRefusesWhatTheDocumentationRefuses) {
  CUmemGenericAllocationHandle handle = 7;
  CUmemAllocationProp good = on_device(0);
  EXPECT_EQ(cuMemCreate(&handle, kMiB, &good, 0), CUDA_ERROR_INVALID_VALUE)
      << "not a multiple of the granularity";
  EXPECT_EQ(cuMemCreate(&handle, kPage, &good, 1), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuMemCreate(&handle, kPage, nullptr, 0), CUDA_ERROR_INVALID_VALUE);
  CUmemAllocationProp bad = on_device(9);
  EXPECT_EQ(cuMemCreate(&handle, kPage, &bad, 0), CUDA_ERROR_INVALID_DEVICE);
  bad = on_device(0);
  bad.location.type = CU_MEM_LOCATION_TYPE_HOST_NUMA_CURRENT;
  EXPECT_EQ(cuMemCreate(&handle, kPage, &bad, 0), CUDA_ERROR_INVALID_VALUE);
  bad = on_device(0, true);
  bad.location.type = CU_MEM_LOCATION_TYPE_HOST;
  EXPECT_EQ(cuMemCreate(&handle, kPage, &bad, 0), CUDA_ERROR_INVALID_VALUE) << "host memory is not shared";
  bad = on_device(0);
  bad.requestedHandleTypes = CU_MEM_HANDLE_TYPE_FABRIC;
  EXPECT_EQ(cuMemCreate(&handle, kPage, &bad, 0), CUDA_ERROR_NOT_SUPPORTED);
  bad = on_device(0);
  bad.type = CU_MEM_ALLOCATION_TYPE_INVALID;
  EXPECT_EQ(cuMemCreate(&handle, kPage, &bad, 0), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(handle, 7U);
}

MEMORY_TEST(Vmm, MapRefusesOffsetsPartsOfPagesAndWhatIsTaken) {
  auto handle = created(2 * kPage);
  base = reserved(4 * kPage);
  EXPECT_EQ(cuMemMap(base, kPage, kPage, handle, 0), CUDA_ERROR_INVALID_VALUE) << "the offset must be zero";
  EXPECT_EQ(cuMemMap(base, 3 * kPage, 0, handle, 0), CUDA_ERROR_INVALID_VALUE) << "larger than the memory";
  EXPECT_EQ(cuMemMap(base + 4096, kPage, 0, handle, 0), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuMemMap(base, kMiB, 0, handle, 0), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuMemMap(base, kPage, 0, handle, 1), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuMemMap(base + 3 * kPage, 2 * kPage, 0, handle, 0), CUDA_ERROR_INVALID_VALUE)
      << "past the reservation";
  EXPECT_EQ(cuMemMap(base, 2 * kPage, 0, handle, 0), CUDA_SUCCESS);
  EXPECT_EQ(cuMemMap(base + kPage, kPage, 0, handle, 0), CUDA_ERROR_INVALID_VALUE) << "mapped already";
  EXPECT_EQ(cuMemAddressFree(base, 4 * kPage), CUDA_ERROR_INVALID_VALUE) << "something is mapped in it";
}

MEMORY_TEST(Vmm, OnlyWholeMappingsAreUnmappedAndSeveralAtOnceMayBe) {
  auto one = created(kPage), two = created(2 * kPage);
  base = reserved(3 * kPage);
  ASSERT_EQ(cuMemMap(base, kPage, 0, one, 0), CUDA_SUCCESS);
  ASSERT_EQ(cuMemMap(base + kPage, 2 * kPage, 0, two, 0), CUDA_SUCCESS);
  EXPECT_EQ(cuMemUnmap(base + kPage, kPage), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuMemUnmap(base, 2 * kPage), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuMemUnmap(base, 3 * kPage), CUDA_SUCCESS);
  EXPECT_EQ(cuMemUnmap(base, 3 * kPage), CUDA_ERROR_INVALID_VALUE);
}

MEMORY_TEST(Vmm, MappedMemoryIsOutOfReachUntilAccessIsGivenAndAfterItIsUnmapped) {
  auto handle = created(kPage);
  base = reserved(kPage);
  EXPECT_FALSE(fill(base, 16, 1));
  ASSERT_EQ(cuMemMap(base, kPage, 0, handle, 0), CUDA_SUCCESS);
  EXPECT_FALSE(fill(base, 16, 1));
  ASSERT_EQ(allow(base, kPage), CUDA_SUCCESS);
  EXPECT_TRUE(fill(base, kPage, 1));
  ASSERT_EQ(cuMemUnmap(base, kPage), CUDA_SUCCESS);
  EXPECT_FALSE(fill(base, 16, 1));
  ASSERT_EQ(cuMemMap(base, kPage, 0, handle, 0), CUDA_SUCCESS);
  EXPECT_FALSE(fill(base, 16, 1)) << "a new mapping starts without access";
  ASSERT_EQ(allow(base, kPage), CUDA_SUCCESS);
  EXPECT_TRUE(holds(base, kPage, 1)) << "the memory kept its contents";
}

MEMORY_TEST(Vmm, TwoMappingsOfOneHandleShowTheSameBytes) {
  auto handle = created(kPage);
  CUdeviceptr left = reserved(kPage), right = reserved(kPage);
  ASSERT_EQ(cuMemMap(left, kPage, 0, handle, 0), CUDA_SUCCESS);
  ASSERT_EQ(cuMemMap(right, kPage, 0, handle, 0), CUDA_SUCCESS);
  ASSERT_EQ(allow(left, kPage), CUDA_SUCCESS);
  ASSERT_EQ(allow(right, kPage), CUDA_SUCCESS);
  ASSERT_TRUE(fill(left, kPage, 0x5a));
  EXPECT_TRUE(holds(right, kPage, 0x5a));
}

MEMORY_TEST(Vmm, ARangeOverNeighbouringMappingsIsOnePiece) {
  base = reserved(3 * kPage);
  for (std::size_t i = 0; i < 3; ++i) {
    auto handle = created(kPage);
    ASSERT_EQ(cuMemMap(base + i * kPage, kPage, 0, handle, 0), CUDA_SUCCESS);
    ASSERT_EQ(cuMemRelease(handle), CUDA_SUCCESS);
  }
  ASSERT_EQ(allow(base, 3 * kPage), CUDA_SUCCESS);
  EXPECT_TRUE(fill(base + 100, 3 * kPage - 100, 9));
  EXPECT_FALSE(fill(base, 3 * kPage + 1, 9));
  CUmemAccessDesc none = readwrite(0);
  none.flags = CU_MEM_ACCESS_FLAGS_PROT_NONE;
  ASSERT_EQ(cuMemSetAccess(base + kPage, kPage, &none, 1), CUDA_SUCCESS);
  EXPECT_FALSE(fill(base, 3 * kPage, 9)) << "nobody has access to the middle";
  EXPECT_TRUE(fill(base, kPage, 9));
}

MEMORY_TEST(Vmm, CopiesAndFillsCrossMappingsAsProgramsDo) {
  base = reserved(2 * kPage);
  for (std::size_t i = 0; i < 2; ++i) {
    auto handle = created(kPage, on_device(static_cast<int>(i)));
    ASSERT_EQ(cuMemMap(base + i * kPage, kPage, 0, handle, 0), CUDA_SUCCESS);
  }
  std::vector<unsigned char> out(kPage, 0x31), in(kPage);
  EXPECT_EQ(cuMemcpyHtoD_v2(base + kPage / 2, out.data(), kPage), CUDA_ERROR_INVALID_VALUE)
      << "no access yet";
  ASSERT_EQ(allow(base, 2 * kPage), CUDA_SUCCESS);
  ASSERT_EQ(cuMemcpyHtoD_v2(base + kPage / 2, out.data(), kPage), CUDA_SUCCESS);
  ASSERT_EQ(cuMemsetD8_v2(base + kPage - 10, 0x32, 20), CUDA_SUCCESS);
  ASSERT_EQ(cuMemcpyDtoH_v2(in.data(), base + kPage / 2, kPage), CUDA_SUCCESS);
  EXPECT_EQ(in[kPage / 2 - 11], 0x31);
  EXPECT_EQ(in[kPage / 2 - 10], 0x32);
  EXPECT_EQ(in[kPage / 2 + 9], 0x32);
  EXPECT_EQ(in[kPage / 2 + 10], 0x31);
}

MEMORY_TEST(Vmm, QueuedWorkOnAnUnmappedRangeIsFoundOut) {
  auto handle = created(kPage);
  base = reserved(kPage);
  CUstream stream = nullptr;
  ASSERT_EQ(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING), CUDA_SUCCESS);
  ASSERT_EQ(cuMemMap(base, kPage, 0, handle, 0), CUDA_SUCCESS);
  ASSERT_EQ(allow(base, kPage), CUDA_SUCCESS);
  simcuda_hold(stream);
  ASSERT_EQ(cuMemsetD8Async(base, 1, kPage, stream), CUDA_SUCCESS);
  ASSERT_EQ(cuMemUnmap(base, kPage), CUDA_SUCCESS);
  simcuda_release(stream);
  EXPECT_EQ(cuStreamSynchronize(stream), CUDA_ERROR_ILLEGAL_ADDRESS);
}

MEMORY_TEST(Vmm, AccessIsKeptForEachLocation) {
  auto handle = created(kPage);
  base = reserved(2 * kPage);
  ASSERT_EQ(cuMemMap(base, kPage, 0, handle, 0), CUDA_SUCCESS);
  unsigned long long flags = 77;
  CUmemLocation other = {.type = CU_MEM_LOCATION_TYPE_DEVICE, .id = 1};
  EXPECT_EQ(cuMemGetAccess(&flags, &other, base + kPage), CUDA_ERROR_INVALID_VALUE) << "not mapped";
  EXPECT_EQ(flags, 77U);
  ASSERT_EQ(allow(base, kPage, 0), CUDA_SUCCESS);
  ASSERT_EQ(cuMemGetAccess(&flags, &other, base + 5), CUDA_SUCCESS);
  EXPECT_EQ(flags, CU_MEM_ACCESS_FLAGS_PROT_NONE);
  CUmemAccessDesc read = readwrite(1);
  read.flags = CU_MEM_ACCESS_FLAGS_PROT_READ;
  ASSERT_EQ(cuMemSetAccess(base, kPage, &read, 1), CUDA_SUCCESS);
  ASSERT_EQ(cuMemGetAccess(&flags, &other, base), CUDA_SUCCESS);
  EXPECT_EQ(flags, CU_MEM_ACCESS_FLAGS_PROT_READ);
}

MEMORY_TEST(Vmm, SetAccessIsForWholeMappingsAndKnownLocationsOnly) {
  auto handle = created(2 * kPage);
  base = reserved(4 * kPage);
  ASSERT_EQ(cuMemMap(base, 2 * kPage, 0, handle, 0), CUDA_SUCCESS);
  EXPECT_EQ(allow(base, kPage), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(allow(base, 3 * kPage), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(allow(base, 2 * kPage, 9), CUDA_ERROR_INVALID_DEVICE);
  CUmemAccessDesc host = readwrite(0);
  host.location.type = CU_MEM_LOCATION_TYPE_HOST_NUMA;
  EXPECT_EQ(cuMemSetAccess(base, 2 * kPage, &host, 1), CUDA_ERROR_INVALID_VALUE);
  CUmemAccessDesc good_and_bad[] = {readwrite(0), readwrite(9)};
  EXPECT_EQ(cuMemSetAccess(base, 2 * kPage, good_and_bad, 2), CUDA_ERROR_INVALID_DEVICE);
  EXPECT_FALSE(fill(base, 1, 1)) << "nothing is given when a part is refused";
  EXPECT_EQ(cuMemSetAccess(base, 2 * kPage, nullptr, 0), CUDA_ERROR_INVALID_VALUE);
}

MEMORY_TEST(Vmm, ARetainedHandleIsTheOneThatWasMappedAndIsCounted) {
  std::size_t before = used();
  auto handle = created(kPage);
  base = reserved(kPage);
  ASSERT_EQ(cuMemMap(base, kPage, 0, handle, 0), CUDA_SUCCESS);
  ASSERT_EQ(cuMemRelease(handle), CUDA_SUCCESS);
  CUmemGenericAllocationHandle again = 0;
  ASSERT_EQ(cuMemRetainAllocationHandle(&again, reinterpret_cast<void*>(base + 4096)), CUDA_SUCCESS);
  EXPECT_EQ(again, handle);
  ASSERT_EQ(cuMemUnmap(base, kPage), CUDA_SUCCESS);
  EXPECT_EQ(used(), before + kPage);
  ASSERT_EQ(cuMemRelease(again), CUDA_SUCCESS);
  EXPECT_EQ(used(), before);
  EXPECT_EQ(cuMemRetainAllocationHandle(&again, reinterpret_cast<void*>(base)), CUDA_ERROR_INVALID_VALUE);
}

MEMORY_TEST(Vmm, PropertiesAreThoseAskedForButForCompression) {
  std::size_t before = used(1);
  CUmemAllocationProp wanted = on_device(1, true);
  wanted.allocFlags.compressionType = CU_MEM_ALLOCATION_COMP_GENERIC;
  auto handle = created(kPage, wanted);
  CUmemAllocationProp got = {};
  ASSERT_EQ(cuMemGetAllocationPropertiesFromHandle(&got, handle), CUDA_SUCCESS);
  EXPECT_EQ(got.location.id, 1);
  EXPECT_EQ(got.requestedHandleTypes, CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR);
  EXPECT_EQ(got.allocFlags.compressionType, CU_MEM_ALLOCATION_COMP_NONE);
  EXPECT_EQ(used(1), before + kPage);
  ASSERT_EQ(cuMemRelease(handle), CUDA_SUCCESS);
  EXPECT_EQ(cuMemGetAllocationPropertiesFromHandle(&got, handle), CUDA_ERROR_INVALID_VALUE);
}

MEMORY_TEST(Vmm, GranularityIsTwoMebibytes) {
  std::size_t granularity = 0;
  CUmemAllocationProp properties = on_device(0);
  EXPECT_EQ(cuMemGetAllocationGranularity(&granularity, &properties, CU_MEM_ALLOC_GRANULARITY_MINIMUM),
            CUDA_SUCCESS);
  EXPECT_EQ(granularity, kPage);
  properties = on_device(9);
  EXPECT_EQ(cuMemGetAllocationGranularity(&granularity, &properties, CU_MEM_ALLOC_GRANULARITY_MINIMUM),
            CUDA_ERROR_INVALID_DEVICE);
  properties = on_device(0);
  EXPECT_EQ(cuMemGetAllocationGranularity(&granularity, &properties,
                                          static_cast<CUmemAllocationGranularity_flags>(5)),
            CUDA_ERROR_INVALID_VALUE);
}

MEMORY_TEST(Vmm, HostMemoryChargesNoDeviceAndIsTheHostsOnceItHasAccess) {
  std::size_t before = used();
  CUmemAllocationProp properties = on_device(0);
  properties.location = {.type = CU_MEM_LOCATION_TYPE_HOST_NUMA, .id = 0};
  auto handle = created(kPage, properties);
  EXPECT_EQ(used(), before);
  base = reserved(kPage);
  ASSERT_EQ(cuMemMap(base, kPage, 0, handle, 0), CUDA_SUCCESS);
  CUmemAccessDesc both[] = {readwrite(0), readwrite(0)};
  both[1].location.type = CU_MEM_LOCATION_TYPE_HOST;
  ASSERT_EQ(cuMemSetAccess(base, kPage, both, 2), CUDA_SUCCESS);
  auto* bytes = reinterpret_cast<volatile unsigned char*>(base);
  bytes[5] = 42;
  EXPECT_TRUE(holds(base + 5, 1, 42)) << "the device sees what the host wrote";
  ASSERT_EQ(cuMemUnmap(base, kPage), CUDA_SUCCESS);
  EXPECT_EXIT(bytes[5] = 1, ::testing::KilledBySignal(SIGSEGV), "");
}

MEMORY_TEST(Vmm, TheHostFaultsOnDeviceMemory) {
  auto handle = created(kPage);
  base = reserved(kPage);
  ASSERT_EQ(cuMemMap(base, kPage, 0, handle, 0), CUDA_SUCCESS);
  ASSERT_EQ(allow(base, kPage), CUDA_SUCCESS);
  EXPECT_EXIT(*reinterpret_cast<volatile char*>(base) = 1, ::testing::KilledBySignal(SIGSEGV), "");
}

MEMORY_TEST(Vmm, AMulticastObjectTakesMemoryOnceItsTeamIsComplete) {
  CUmulticastObjectProp properties = {.numDevices = 2, .size = 4 * kPage, .handleTypes = 0, .flags = 0};
  CUmemGenericAllocationHandle team = 0;
  ASSERT_EQ(cuMulticastCreate(&team, &properties), CUDA_SUCCESS);
  std::size_t before = used(1);
  auto memory = created(2 * kPage, on_device(1));
  ASSERT_EQ(cuMulticastAddDevice(team, 0), CUDA_SUCCESS);
  EXPECT_EQ(cuMulticastAddDevice(team, 0), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuMulticastAddDevice(team, 9), CUDA_ERROR_INVALID_DEVICE);
  EXPECT_EQ(cuMulticastBindMem(team, 0, memory, 0, kPage, 0), CUDA_ERROR_SYSTEM_NOT_READY);
  ASSERT_EQ(cuMulticastAddDevice(team, 1), CUDA_SUCCESS);
  EXPECT_EQ(cuMulticastBindMem(team, 0, memory, 0, 3 * kPage, 0), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuMulticastBindMem(team, 4 * kPage, memory, 0, kPage, 0), CUDA_ERROR_INVALID_VALUE);
  ASSERT_EQ(cuMulticastBindMem(team, kPage, memory, 0, 2 * kPage, 0), CUDA_SUCCESS);
  EXPECT_EQ(cuMulticastBindMem(team, 2 * kPage, memory, 0, kPage, 0), CUDA_ERROR_INVALID_VALUE)
      << "bound there";
  ASSERT_EQ(cuMemRelease(memory), CUDA_SUCCESS);
  EXPECT_EQ(used(1), before + 2 * kPage) << "bound memory lives";
  base = reserved(4 * kPage);
  EXPECT_EQ(cuMemMap(base, 4 * kPage, 0, team, 0), CUDA_SUCCESS);
  EXPECT_EQ(allow(base, 4 * kPage, 1), CUDA_SUCCESS);
  EXPECT_EQ(cuMulticastUnbind(team, 1, kPage, kPage), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuMulticastUnbind(team, 1, kPage, 2 * kPage), CUDA_SUCCESS);
  EXPECT_EQ(used(1), before);
}

MEMORY_TEST(Vmm, MappedMemoryOutlivesTheContext) {
  auto handle = created(kPage);
  base = reserved(kPage);
  ASSERT_EQ(cuMemMap(base, kPage, 0, handle, 0), CUDA_SUCCESS);
  ASSERT_EQ(allow(base, kPage), CUDA_SUCCESS);
  ASSERT_EQ(cuDevicePrimaryCtxReset_v2(0), CUDA_SUCCESS);
  EXPECT_TRUE(fill(base, kPage, 3));
  EXPECT_EQ(cuMemUnmap(base, kPage), CUDA_SUCCESS);
}

}  // namespace
}  // namespace simcuda::test
