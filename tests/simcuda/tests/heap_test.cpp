// Device memory.
#include <barrier>
#include <set>
#include <thread>
#include <vector>

#include "heap/extents.hpp"
#include "tests/driver.hpp"

using namespace simcuda::test;

namespace {

TEST(Heap, WrongRequestsAreRefusedAndWriteNothing) {
  in_context([] {
    CUdeviceptr address = 77;
    size_t pitch = 77;
    EXPECT_EQ(cuMemAlloc_v2(&address, 0), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuMemAlloc_v2(nullptr, 1), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuMemAllocPitch_v2(&address, &pitch, 100, 10, 3), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuMemAllocPitch_v2(&address, &pitch, 0, 10, 4), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuMemAllocPitch_v2(&address, &pitch, SIZE_MAX / 4, 10, 4), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuMemAlloc_v2(&address, SIZE_MAX), CUDA_ERROR_OUT_OF_MEMORY);
    EXPECT_EQ(cuMemAlloc_v2(&address, 17 * GiB), CUDA_ERROR_OUT_OF_MEMORY);
    EXPECT_EQ(address, 77u);
    EXPECT_EQ(pitch, 77u);
  });
}

TEST(Heap, WhatWasNotAllocatedIsNotFreed) {
  in_context([] {
    const CUdeviceptr address = allocated(1000);
    EXPECT_EQ(cuMemFree_v2(address + 512), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuMemFree_v2(0x1000), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuMemFree_v2(0), CUDA_SUCCESS);
    EXPECT_EQ(cuMemFree_v2(address), CUDA_SUCCESS);
    EXPECT_EQ(cuMemFree_v2(address), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(simcuda_live_blocks(0, SIMCUDA_DEVICE), 0u);
  });
}

TEST(Heap, SmallBlocksShareAChunkAlignedTo512) {
  in_context([] {
    const size_t before = free_bytes();
    std::set<CUdeviceptr> chunks;
    std::vector<CUdeviceptr> blocks;
    for (int i = 0; i < 100; ++i) {
      blocks.push_back(allocated(1 + static_cast<size_t>(i)));
      EXPECT_EQ(blocks.back() % 512, 0u);
      chunks.insert(blocks.back() / (2 * MiB));
    }
    EXPECT_EQ(chunks.size(), 1u);
    EXPECT_EQ(before - free_bytes(), 2 * MiB);
    for (const CUdeviceptr block : blocks) EXPECT_EQ(cuMemFree_v2(block), CUDA_SUCCESS);
    EXPECT_EQ(free_bytes(), before);
  });
}

TEST(Heap, LargeBlocksHaveChunksOfTheirOwn) {
  in_context([] {
    const size_t before = free_bytes();
    const CUdeviceptr small = allocated(512), large = allocated(3 * MiB);
    EXPECT_EQ(large % (2 * MiB), 0u);
    EXPECT_EQ(before - free_bytes(), 6 * MiB);
    EXPECT_EQ(cuMemFree_v2(large), CUDA_SUCCESS);
    EXPECT_EQ(before - free_bytes(), 2 * MiB);
    EXPECT_EQ(cuMemFree_v2(small), CUDA_SUCCESS);
  });
}

TEST(Heap, AllOfTheMemoryCanBeHadAndNoMore) {
  in_context({{"SIMCUDA_MEMORY", "64M"}, {"SIMCUDA_CONTEXT_BYTES", "10M"}}, [] {
    std::vector<CUdeviceptr> blocks;
    CUdeviceptr address = 0;
    while (cuMemAlloc_v2(&address, 2 * MiB) == CUDA_SUCCESS) blocks.push_back(address);
    EXPECT_EQ(blocks.size(), 27u);
    EXPECT_EQ(free_bytes(), 0u);
    EXPECT_EQ(cuMemAlloc_v2(&address, 1), CUDA_ERROR_OUT_OF_MEMORY);
    for (size_t i = 0; i < blocks.size(); i += 2) EXPECT_EQ(cuMemFree_v2(blocks[i]), CUDA_SUCCESS);
    address = allocated(28 * MiB);  // pieces apart in memory are one block to the program
    EXPECT_EQ(cuMemFree_v2(address), CUDA_SUCCESS);
  });
}

TEST(Heap, PitchIsAMultipleOf512ThatHoldsTheRow) {
  in_context([] {
    CUdeviceptr address = 0;
    size_t pitch = 0;
    EXPECT_EQ(cuMemAllocPitch_v2(&address, &pitch, 600, 7, 4), CUDA_SUCCESS);
    EXPECT_EQ(pitch, 1024u);
    size_t bytes = 0;
    EXPECT_EQ(cuMemGetAddressRange_v2(nullptr, &bytes, address), CUDA_SUCCESS);
    EXPECT_EQ(bytes, 7 * 1024u);
  });
}

TEST(Heap, TheFirstApisPointersFit32Bits) {
  in_context([] {
    CUdeviceptr_v1 address = 0;
    unsigned bytes = 0, free = 0;
    EXPECT_EQ(cuMemAlloc(&address, 1000), CUDA_SUCCESS);
    EXPECT_NE(address, 0u);
    EXPECT_EQ(cuMemGetAddressRange(nullptr, &bytes, address), CUDA_SUCCESS);
    EXPECT_EQ(bytes, 1000u);
    EXPECT_EQ(cuMemGetInfo(&free, nullptr), CUDA_SUCCESS);
    EXPECT_EQ(free, ~0u);  // 16 GiB do not fit
    EXPECT_EQ(cuMemFree(address), CUDA_SUCCESS);
    EXPECT_EQ(cuMemFree(address), CUDA_ERROR_INVALID_VALUE);
  });
}

TEST(Heap, TheRangeOfAnInteriorAddressIsItsBlock) {
  in_context([] {
    const CUdeviceptr address = allocated(1000);
    CUdeviceptr base = 0;
    size_t bytes = 0;
    EXPECT_EQ(cuMemGetAddressRange_v2(&base, &bytes, address + 999), CUDA_SUCCESS);
    EXPECT_EQ(base, address);
    EXPECT_EQ(bytes, 1000u);
    EXPECT_EQ(cuMemGetAddressRange_v2(nullptr, nullptr, address), CUDA_SUCCESS);
    EXPECT_EQ(cuMemGetAddressRange_v2(&base, &bytes, address + 1000), CUDA_ERROR_NOT_FOUND);
  });
}

TEST(Heap, TheHostFaultsOnDeviceMemory) {
  in_context([] {
    const CUdeviceptr address = allocated(4096);
    EXPECT_EXIT(*reinterpret_cast<volatile char*>(address) = 1, testing::KilledBySignal(SIGSEGV), "");
    EXPECT_EXIT((void)*reinterpret_cast<volatile char*>(address), testing::KilledBySignal(SIGSEGV), "");
  });
}

TEST(Heap, AnotherContextMayFreeABlock) {
  in_context([] {
    const CUdeviceptr address = allocated(100);
    CUcontext other = nullptr;
    ASSERT_EQ(cuCtxCreate_v2(&other, 0, 0), CUDA_SUCCESS);
    EXPECT_EQ(cuMemFree_v2(address), CUDA_SUCCESS);
  });
}

TEST(Heap, AContextsEndFreesWhatGoesWithIt) {
  in_driver({}, [] {
    ASSERT_EQ(cuInit(0), CUDA_SUCCESS);
    CUcontext context = nullptr, other = nullptr;
    ASSERT_EQ(cuCtxCreate_v2(&other, 0, 0), CUDA_SUCCESS);
    const auto used = simcuda_used_bytes(0);
    const CUdeviceptr stays = allocated(100);
    ASSERT_EQ(cuCtxCreate_v2(&context, 0, 0), CUDA_SUCCESS);
    static char mine[5000];
    CUdeviceptr managed = 0;
    void* pinned = nullptr;
    allocated(100);
    allocated(10 * MiB);
    ASSERT_EQ(cuMemAllocManaged(&managed, 100, CU_MEM_ATTACH_GLOBAL), CUDA_SUCCESS);
    ASSERT_EQ(cuMemHostAlloc(&pinned, 100, 0), CUDA_SUCCESS);
    ASSERT_EQ(cuMemHostRegister_v2(mine, sizeof mine, 0), CUDA_SUCCESS);
    EXPECT_EQ(simcuda_live_blocks(-1, SIMCUDA_ANY), 6u);
    EXPECT_EQ(cuCtxDestroy_v2(context), CUDA_SUCCESS);
    EXPECT_EQ(simcuda_live_blocks(-1, SIMCUDA_ANY), 1u);
    EXPECT_EQ(simcuda_used_bytes(0), used + 2 * MiB);
    EXPECT_EQ(cuMemFree_v2(stays), CUDA_SUCCESS);
  });
}

TEST(Heap, ThreadsDoNotGetTheSameMemory) {
  in_context([] {
    constexpr int kThreads = 4, kRounds = 3000;
    CUcontext context = nullptr;
    ASSERT_EQ(cuCtxGetCurrent(&context), CUDA_SUCCESS);
    std::barrier start(kThreads);
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&, i] {
        EXPECT_EQ(cuCtxSetCurrent(context), CUDA_SUCCESS);
        start.arrive_and_wait();
        for (int n = 0; n < kRounds; ++n) {
          const CUdeviceptr one = allocated(static_cast<size_t>(1000 * (i + 1))), other = allocated(700);
          EXPECT_NE(one, other);
          EXPECT_EQ(cuMemFree_v2(one), CUDA_SUCCESS);
          EXPECT_EQ(cuMemFree_v2(other), CUDA_SUCCESS);
        }
      });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(simcuda_live_blocks(-1, SIMCUDA_ANY), 0u);
    EXPECT_EQ(simcuda_violations(), 0u);
  });
}

TEST(Extents, FreePiecesJoinAndTheFirstThatFitsIsTaken) {
  simcuda::Extents extents(1000, 100, 10);
  EXPECT_EQ(extents.take(25), 1000u);  // takes 30
  EXPECT_EQ(extents.take(10), 1030u);
  EXPECT_EQ(extents.take(60), 1040u);
  EXPECT_FALSE(extents.take(1));
  extents.give(1000, 30);
  extents.give(1040, 60);
  EXPECT_FALSE(extents.take(70));
  extents.give(1030, 10);
  EXPECT_TRUE(extents.all_free());
  EXPECT_EQ(extents.take(100), 1000u);
}

TEST(Extents, PlacesCanBeAskedForAndAligned) {
  simcuda::Extents extents(1000, 100, 10);
  EXPECT_TRUE(extents.take_at(1050, 10));
  EXPECT_FALSE(extents.take_at(1040, 20));
  EXPECT_FALSE(extents.take_at(900, 10));
  EXPECT_EQ(extents.take(10, 64), 1024u);
  EXPECT_EQ(extents.free_bytes(), 80u);
}

TEST(Heap, ABlockIsAsLargeAsTheDriverWasAsked) {
  in_context([] {
    const CUdeviceptr block = allocated(700);
    EXPECT_EQ(simcuda_block_bytes(block), 700u);
    EXPECT_EQ(simcuda_block_bytes(block + 512), 0u);
    ASSERT_EQ(cuMemFree_v2(block), CUDA_SUCCESS);
    EXPECT_EQ(simcuda_block_bytes(block), 0u);
  });
}

}  // namespace
