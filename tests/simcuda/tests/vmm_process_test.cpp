// Allocations that another process maps.
#include <unistd.h>

#include <cstdint>
#include <cstdio>

#include "memory_fixture.hpp"
#include "second_process.hpp"

namespace simcuda::test {
namespace {

void* as_handle(int descriptor) { return reinterpret_cast<void*>(static_cast<std::intptr_t>(descriptor)); }

constexpr auto kDescriptor = CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR;

const Role importer("map what was exported", [](const Message&) {
  CUmemGenericAllocationHandle handle = 0;
  EXPECT_IN_ROLE(cuInit(0) == CUDA_SUCCESS);
  EXPECT_IN_ROLE(cuMemImportFromShareableHandle(&handle, as_handle(kGivenDescriptor), kDescriptor) ==
                 CUDA_SUCCESS);
  close(kGivenDescriptor);
  EXPECT_IN_ROLE(used(0) == 0 && used(1) == 0);  // imports are charged to nobody
  CUmemAllocationProp properties = {};
  EXPECT_IN_ROLE(cuMemGetAllocationPropertiesFromHandle(&properties, handle) == CUDA_SUCCESS);
  EXPECT_IN_ROLE(properties.location.id == 1);
  CUdeviceptr base = 0;
  EXPECT_IN_ROLE(cuMemAddressReserve(&base, 2 * kPage, 0, 0, 0) == CUDA_SUCCESS);
  EXPECT_IN_ROLE(cuMemMap(base, 2 * kPage, 0, handle, 0) == CUDA_SUCCESS);
  EXPECT_IN_ROLE(cuMemRelease(handle) == CUDA_SUCCESS);
  CUmemAccessDesc access = readwrite(1);
  EXPECT_IN_ROLE(cuMemSetAccess(base, 2 * kPage, &access, 1) == CUDA_SUCCESS);
  EXPECT_IN_ROLE(holds(base, 2 * kPage, 0x11));
  EXPECT_IN_ROLE(fill(base, kPage, 0x22));
  EXPECT_IN_ROLE(cuMemUnmap(base, 2 * kPage) == CUDA_SUCCESS);
  EXPECT_IN_ROLE(cuMemAddressFree(base, 2 * kPage) == CUDA_SUCCESS);
  return 0;
});

class VmmProcess : public MemoryTest {};

MEMORY_TEST(VmmProcess, ADescriptorCarriesAnAllocationToAnotherProcess) {
  CUmemGenericAllocationHandle handle = 0;
  CUmemAllocationProp properties = on_device(1, true);
  ASSERT_EQ(cuMemCreate(&handle, 2 * kPage, &properties, 0), CUDA_SUCCESS);
  CUdeviceptr base = 0;
  ASSERT_EQ(cuMemAddressReserve(&base, 2 * kPage, 0, 0, 0), CUDA_SUCCESS);
  ASSERT_EQ(cuMemMap(base, 2 * kPage, 0, handle, 0), CUDA_SUCCESS);
  CUmemAccessDesc access = readwrite(1);
  ASSERT_EQ(cuMemSetAccess(base, 2 * kPage, &access, 1), CUDA_SUCCESS);
  ASSERT_TRUE(fill(base, 2 * kPage, 0x11));
  int descriptor = -1;
  ASSERT_EQ(cuMemExportToShareableHandle(&descriptor, handle, kDescriptor, 0), CUDA_SUCCESS);
  EXPECT_EQ(play("map what was exported", {}, descriptor), 0);
  close(descriptor);
  EXPECT_TRUE(holds(base, kPage, 0x22)) << "the other process wrote this";
  EXPECT_TRUE(holds(base + kPage, kPage, 0x11));
}

MEMORY_TEST(VmmProcess, AnImportOutlivesTheExportersHandle) {
  CUmemGenericAllocationHandle handle = 0, import = 0;
  CUmemAllocationProp properties = on_device(0, true);
  std::size_t before = used();
  ASSERT_EQ(cuMemCreate(&handle, kPage, &properties, 0), CUDA_SUCCESS);
  int descriptor = -1;
  ASSERT_EQ(cuMemExportToShareableHandle(&descriptor, handle, kDescriptor, 0), CUDA_SUCCESS);
  ASSERT_EQ(cuMemImportFromShareableHandle(&import, as_handle(descriptor), kDescriptor), CUDA_SUCCESS);
  EXPECT_EQ(used(), before + kPage) << "an import is not charged";
  ASSERT_EQ(cuMemRelease(handle), CUDA_SUCCESS);
  EXPECT_EQ(used(), before);
  CUdeviceptr base = 0;
  ASSERT_EQ(cuMemAddressReserve(&base, kPage, 0, 0, 0), CUDA_SUCCESS);
  EXPECT_EQ(cuMemMap(base, kPage, 0, import, 0), CUDA_SUCCESS);
  EXPECT_EQ(cuMemRelease(import), CUDA_SUCCESS);
  close(descriptor);
}

MEMORY_TEST(VmmProcess, WhatWasNotMadeToBeSharedIsNotExported) {
  CUmemGenericAllocationHandle handle = 0;
  CUmemAllocationProp properties = on_device(0);
  ASSERT_EQ(cuMemCreate(&handle, kPage, &properties, 0), CUDA_SUCCESS);
  int descriptor = -7;
  EXPECT_EQ(cuMemExportToShareableHandle(&descriptor, handle, kDescriptor, 0), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuMemExportToShareableHandle(&descriptor, 12345, kDescriptor, 0), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(descriptor, -7);
}

MEMORY_TEST(VmmProcess, ADescriptorOfSomethingElseIsRefused) {
  CUmemGenericAllocationHandle handle = 7;
  EXPECT_EQ(cuMemImportFromShareableHandle(&handle, as_handle(STDIN_FILENO), kDescriptor),
            CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuMemImportFromShareableHandle(&handle, as_handle(-1), kDescriptor), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuMemImportFromShareableHandle(&handle, nullptr, CU_MEM_HANDLE_TYPE_FABRIC),
            CUDA_ERROR_NOT_SUPPORTED);
  EXPECT_EQ(handle, 7U);
}

}  // namespace
}  // namespace simcuda::test
