// Memory of another interface, imported by descriptor.
#include <sys/mman.h>
#include <unistd.h>

#include "memory_fixture.hpp"

namespace simcuda::test {
namespace {

class External : public MemoryTest {
 protected:
  int file = -1;
  unsigned char* theirs = nullptr;  // what the other interface sees

  void set_up() override {
    MemoryTest::set_up();
    file = memfd_create("another interface", MFD_CLOEXEC);
    ASSERT_EQ(ftruncate(file, 64 << 10), 0);
    void* view = mmap(nullptr, 64 << 10, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    ASSERT_NE(view, MAP_FAILED);
    theirs = static_cast<unsigned char*>(view);
  }
  CUDA_EXTERNAL_MEMORY_HANDLE_DESC wanted(unsigned long long bytes = 64 << 10) {
    CUDA_EXTERNAL_MEMORY_HANDLE_DESC all = {};
    all.type = CU_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD;
    all.handle.fd = file;
    all.size = bytes;
    return all;
  }
  static CUDA_EXTERNAL_MEMORY_BUFFER_DESC part(unsigned long long offset, unsigned long long bytes) {
    CUDA_EXTERNAL_MEMORY_BUFFER_DESC range = {};
    range.offset = offset;
    range.size = bytes;
    return range;
  }
};

MEMORY_TEST(External, ABufferShowsTheBytesOfTheOtherInterface) {
  std::size_t before = used();
  CUexternalMemory memory = nullptr;
  auto all = wanted();
  ASSERT_EQ(cuImportExternalMemory(&memory, &all), CUDA_SUCCESS);
  CUdeviceptr buffer = 0;
  auto range = part(4096 + 512, 10000);
  ASSERT_EQ(cuExternalMemoryGetMappedBuffer(&buffer, memory, &range), CUDA_SUCCESS);
  EXPECT_EQ(used(), before) << "nobody is charged";
  theirs[4096 + 512] = 0x77;
  EXPECT_TRUE(holds(buffer, 1, 0x77));
  ASSERT_TRUE(fill(buffer, 10000, 0x12));
  EXPECT_EQ(theirs[4096 + 512 + 9999], 0x12);
  EXPECT_EQ(theirs[4096 + 512 + 10000], 0);
  ASSERT_EQ(cuDestroyExternalMemory(memory), CUDA_SUCCESS);
  EXPECT_TRUE(holds(buffer, 1, 0x12)) << "a buffer lives until it is freed";
  ASSERT_EQ(cuMemFree_v2(buffer), CUDA_SUCCESS);
  EXPECT_FALSE(holds(buffer, 1, 0x12));
  EXPECT_EQ(cuMemFree_v2(buffer), CUDA_ERROR_INVALID_VALUE);
}

MEMORY_TEST(External, TheDescriptorIsTheDriversOnceImported) {
  CUexternalMemory memory = nullptr;
  auto all = wanted();
  ASSERT_EQ(cuImportExternalMemory(&memory, &all), CUDA_SUCCESS);
  ASSERT_EQ(cuDestroyExternalMemory(memory), CUDA_SUCCESS);
  EXPECT_EQ(close(file), -1) << "it was closed with the object";
}

MEMORY_TEST(External, RefusalsLeaveDescriptorAndOutputAlone) {
  auto* marker = reinterpret_cast<CUexternalMemory>(std::uintptr_t{7});
  CUexternalMemory memory = marker;
  auto all = wanted(0);
  EXPECT_EQ(cuImportExternalMemory(&memory, &all), CUDA_ERROR_INVALID_VALUE);
  all = wanted(65 << 10);
  EXPECT_EQ(cuImportExternalMemory(&memory, &all), CUDA_ERROR_INVALID_VALUE) << "larger than the file";
  all = wanted();
  all.type = CU_EXTERNAL_MEMORY_HANDLE_TYPE_DMABUF_FD;
  EXPECT_EQ(cuImportExternalMemory(&memory, &all), CUDA_ERROR_NOT_SUPPORTED);
  all = wanted();
  all.handle.fd = -1;
  EXPECT_EQ(cuImportExternalMemory(&memory, &all), CUDA_ERROR_INVALID_HANDLE);
  EXPECT_EQ(memory, marker);
  CUdeviceptr buffer = 7;
  auto range = part(0, 4096);
  EXPECT_EQ(cuExternalMemoryGetMappedBuffer(&buffer, marker, &range), CUDA_ERROR_INVALID_HANDLE);
  all = wanted();
  ASSERT_EQ(cuImportExternalMemory(&memory, &all), CUDA_SUCCESS) << "the descriptor is still open";
  range = part(60 << 10, 8 << 10);
  EXPECT_EQ(cuExternalMemoryGetMappedBuffer(&buffer, memory, &range), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(buffer, 7U);
}

MEMORY_TEST(External, BuffersGoWithTheirContext) {
  CUexternalMemory memory = nullptr;
  auto all = wanted();
  ASSERT_EQ(cuImportExternalMemory(&memory, &all), CUDA_SUCCESS);
  CUdeviceptr buffer = 0;
  auto range = part(0, 4096);
  ASSERT_EQ(cuExternalMemoryGetMappedBuffer(&buffer, memory, &range), CUDA_SUCCESS);
  ASSERT_EQ(cuDevicePrimaryCtxReset_v2(0), CUDA_SUCCESS);
  EXPECT_FALSE(fill(buffer, 1, 1));
}

}  // namespace
}  // namespace simcuda::test
