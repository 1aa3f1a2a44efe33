// Copies and fills: what is moved, which requests are refused, and when the caller may go on.
#include <cstring>
#include <numeric>
#include <thread>

#include "work.hpp"

namespace simcuda::test {
namespace {

using Words = std::vector<unsigned>;

void* pinned(size_t bytes) {
  void* address = nullptr;
  EXPECT_EQ(cuMemHostAlloc(&address, bytes, 0), CUDA_SUCCESS);
  return address;
}

CUdeviceptr managed(size_t bytes) {
  CUdeviceptr address = 0;
  EXPECT_EQ(cuMemAllocManaged(&address, bytes, CU_MEM_ATTACH_GLOBAL), CUDA_SUCCESS);
  return address;
}

TEST(Copy, GoesBetweenEveryTwoKindsOfMemory) {
  in_context([] {
    const Words values{1, 2, 3, 4};
    const size_t bytes = 16;
    Words pageable(4);
    std::vector<CUdeviceptr> places{allocated(bytes), managed(bytes),
                                    reinterpret_cast<CUdeviceptr>(pinned(bytes)),
                                    reinterpret_cast<CUdeviceptr>(pageable.data())};
    for (const CUdeviceptr from : places) {
      for (const CUdeviceptr to : places) {
        if (from == to) continue;
        ASSERT_EQ(cuMemsetD8_v2(places[0], 0, bytes), CUDA_SUCCESS);
        ASSERT_EQ(cuMemcpy(from, reinterpret_cast<CUdeviceptr>(values.data()), bytes), CUDA_SUCCESS);
        ASSERT_EQ(cuMemcpy(to, from, bytes), CUDA_SUCCESS);
        Words seen(4);
        ASSERT_EQ(cuMemcpy(reinterpret_cast<CUdeviceptr>(seen.data()), to, bytes), CUDA_SUCCESS);
        EXPECT_EQ(seen, values);
      }
    }
  });
}

TEST(Copy, RangesOutsideOfABlockAreRefusedAndMoveNothing) {
  in_context([] {
    const CUdeviceptr memory = allocated(64);
    Words values(32, 7);
    set_words(memory, Words(16, 1));
    EXPECT_EQ(cuMemcpyHtoD_v2(memory, values.data(), 65), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuMemcpyHtoD_v2(memory + 60, values.data(), 8), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuMemcpyDtoH_v2(values.data(), memory + 64, 1), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuMemcpyDtoD_v2(memory, memory + MiB, 1), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuMemcpyHtoD_v2(0, values.data(), 4), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuMemcpyHtoD_v2(memory, nullptr, 4), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuMemcpyHtoD_v2(memory, nullptr, 0), CUDA_SUCCESS);
    EXPECT_EQ(words(memory, 16), Words(16, 1));
    EXPECT_EQ(values, Words(32, 7));
    EXPECT_EQ(simcuda_violations(), 0u);
  });
}

TEST(Copy, RectanglesAndBoxesMoveOnlyTheirRows) {
  in_context([] {
    constexpr size_t kPitch = 32, kRows = 4, kSlices = 2;
    const CUdeviceptr memory = allocated(kPitch * kRows * kSlices);
    ASSERT_EQ(cuMemsetD8_v2(memory, 0, kPitch * kRows * kSlices), CUDA_SUCCESS);
    std::vector<unsigned char> source(24);
    std::iota(source.begin(), source.end(), 1);
    CUDA_MEMCPY3D box{};
    box.srcMemoryType = CU_MEMORYTYPE_HOST;
    box.srcHost = source.data();
    box.srcPitch = 4, box.srcHeight = 3;
    box.dstMemoryType = CU_MEMORYTYPE_DEVICE;
    box.dstDevice = memory;
    box.dstXInBytes = 5, box.dstY = 1, box.dstPitch = kPitch, box.dstHeight = kRows;
    box.WidthInBytes = 4, box.Height = 3, box.Depth = 2;
    ASSERT_EQ(cuMemcpy3D_v2(&box), CUDA_SUCCESS);
    std::vector<unsigned char> seen(kPitch * kRows * kSlices);
    ASSERT_EQ(cuMemcpyDtoH_v2(seen.data(), memory, seen.size()), CUDA_SUCCESS);
    for (size_t i = 0; i < seen.size(); ++i) {
      const size_t x = i % kPitch, y = i / kPitch % kRows, z = i / kPitch / kRows;
      const bool inside = x >= 5 && x < 9 && y >= 1;
      EXPECT_EQ(seen[i], inside ? source[(z * 3 + y - 1) * 4 + x - 5] : 0) << x << ' ' << y << ' ' << z;
    }
    CUDA_MEMCPY2D flat{};
    std::vector<unsigned char> back(8);
    flat.srcMemoryType = CU_MEMORYTYPE_DEVICE;
    flat.srcDevice = memory;
    flat.srcXInBytes = 5, flat.srcY = 1, flat.srcPitch = kPitch;
    flat.dstMemoryType = CU_MEMORYTYPE_HOST;
    flat.dstHost = back.data();
    flat.WidthInBytes = 4, flat.Height = 2;
    ASSERT_EQ(cuMemcpy2D_v2(&flat), CUDA_SUCCESS);
    EXPECT_EQ(back, std::vector<unsigned char>(source.begin(), source.begin() + 8));
    flat.srcPitch = 6;  // narrower than a row
    EXPECT_EQ(cuMemcpy2D_v2(&flat), CUDA_ERROR_INVALID_VALUE);
    box.Depth = 3;  // past the end of the block
    EXPECT_EQ(cuMemcpy3D_v2(&box), CUDA_ERROR_INVALID_VALUE);
  });
}

TEST(Copy, FillsOfEveryWidthAndRectangles) {
  in_context([] {
    const CUdeviceptr memory = allocated(64);
    ASSERT_EQ(cuMemsetD32_v2(memory, 0x01020304, 16), CUDA_SUCCESS);
    ASSERT_EQ(cuMemsetD16_v2(memory + 4, 0xabcd, 2), CUDA_SUCCESS);
    ASSERT_EQ(cuMemsetD8_v2(memory + 9, 0xee, 2), CUDA_SUCCESS);
    ASSERT_EQ(cuMemsetD2D32_v2(memory + 32, 16, 9, 2, 2), CUDA_SUCCESS);
    const unsigned x = 0x01020304;
    EXPECT_EQ(words(memory, 16), (Words{x, 0xabcdabcd, 0x01eeee04, x, x, x, x, x, 9, 9, x, x, 9, 9, x, x}));
    EXPECT_EQ(cuMemsetD32_v2(memory + 2, 0, 1), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuMemsetD8_v2(memory, 0, 65), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuMemsetD32_v2(memory, 0, SIZE_MAX), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuMemsetD2D8_v2(memory, 4, 0, 8, 2), CUDA_ERROR_INVALID_VALUE);
  });
}

TEST(Copy, TheFirstAbiHasTheSameMeaning) {
  in_context([] {
    CUdeviceptr_v1 memory = 0;
    Words values{1, 2, 3}, seen(3);
    ASSERT_EQ(cuMemAlloc(&memory, 12), CUDA_SUCCESS);
    ASSERT_EQ(cuMemcpyHtoD(memory, values.data(), 12), CUDA_SUCCESS);
    ASSERT_EQ(cuMemsetD32(memory + 4, 8, 1), CUDA_SUCCESS);
    ASSERT_EQ(cuMemcpyDtoH(seen.data(), memory, 12), CUDA_SUCCESS);
    EXPECT_EQ(seen, (Words{1, 8, 3}));
  });
}

TEST(Copy, PageableMemoryIsReadAtTheCallAndPinnedMemoryWhenItIsItsTurn) {
  in_context([] {
    const CUdeviceptr memory = allocated(8);
    const CUstream stream = new_stream();
    unsigned pageable = 1;
    auto* locked = static_cast<unsigned*>(pinned(4));
    *locked = 1;
    simcuda_hold(stream);
    ASSERT_EQ(cuMemcpyHtoDAsync_v2(memory, &pageable, 4, stream), CUDA_SUCCESS);
    ASSERT_EQ(cuMemcpyHtoDAsync_v2(memory + 4, locked, 4, stream), CUDA_SUCCESS);
    pageable = 2;
    *locked = 2;
    simcuda_release(stream);
    ASSERT_EQ(cuStreamSynchronize(stream), CUDA_SUCCESS);
    EXPECT_EQ(words(memory, 2), (Words{1, 2}));
  });
}

TEST(Copy, ToPageableMemoryReturnsWhenDoneAndToPinnedAtOnce) {
  in_context([] {
    const CUdeviceptr memory = allocated(4);
    set_words(memory, {5});
    const CUstream stream = new_stream();
    auto* locked = static_cast<unsigned*>(pinned(4));
    *locked = 0;
    simcuda_hold(stream);
    ASSERT_EQ(cuMemcpyDtoHAsync_v2(locked, memory, 4, stream), CUDA_SUCCESS);
    EXPECT_EQ(*locked, 0u);
    simcuda_release(stream);
    unsigned pageable = 0;
    ASSERT_EQ(cuMemcpyDtoHAsync_v2(&pageable, memory, 4, stream), CUDA_SUCCESS);
    EXPECT_EQ(pageable, 5u);
    EXPECT_EQ(*locked, 5u);
  });
}

TEST(Copy, BetweenDevicesNobodyWaits) {
  in_context([] {
    const CUdeviceptr memory = allocated(8);
    set_words(memory, {1, 2});
    simcuda_hold(CU_STREAM_LEGACY);
    ASSERT_EQ(cuMemcpyDtoD_v2(memory, memory + 4, 4), CUDA_SUCCESS);  // would hang
    ASSERT_EQ(cuMemsetD32_v2(memory + 4, 9, 1), CUDA_SUCCESS);
    EXPECT_EQ(simcuda_queued(CU_STREAM_LEGACY), 2u);
    simcuda_release_all();
    EXPECT_EQ(words(memory, 2), (Words{2, 9}));
  });
}

TEST(Copy, ASynchronousCopyWaitsForBlockingStreamsAndNotForOthers) {
  in_context([] {
    const CUdeviceptr memory = allocated(8);
    const CUstream blocking = new_stream(CU_STREAM_DEFAULT), free = new_stream();
    set_words(memory, {1});
    simcuda_hold(free);
    ASSERT_EQ(cuMemsetD32Async(memory, 2, 1, free), CUDA_SUCCESS);
    EXPECT_EQ(words(memory, 1), Words{1});  // goes on
    simcuda_release(free);
    cuStreamSynchronize(free);
    simcuda_hold(blocking);
    ASSERT_EQ(cuMemsetD32Async(memory, 3, 1, blocking), CUDA_SUCCESS);
    ASSERT_EQ(cuMemcpyDtoD_v2(memory + 4, memory, 4), CUDA_SUCCESS);
    simcuda_hold(CU_STREAM_LEGACY);
    EXPECT_FALSE(simcuda_step(CU_STREAM_LEGACY));
    simcuda_release_all();
    EXPECT_EQ(words(memory, 2), (Words{3, 3}));
  });
}

TEST(Copy, PeersAndBatches) {
  in_context({{"SIMCUDA_DEVICES", "2"}}, [] {
    CUcontext first = nullptr, second = nullptr;
    cuCtxGetCurrent(&first);
    const CUdeviceptr here = allocated(8);
    ASSERT_EQ(cuCtxCreate_v2(&second, 0, 1), CUDA_SUCCESS);
    const CUdeviceptr there = allocated(8);
    set_words(there, {3, 4});
    ASSERT_EQ(cuMemcpyPeer(here, first, there, second, 8), CUDA_SUCCESS);
    EXPECT_EQ(cuMemcpyPeer(here, first, there, nullptr, 8), CUDA_ERROR_INVALID_CONTEXT);
    cuCtxSynchronize();
    cuCtxSetCurrent(first);
    EXPECT_EQ(words(here, 2), (Words{3, 4}));
    const CUstream stream = new_stream();
    CUdeviceptr to[] = {here, here + 4}, from[] = {there + 4, there};
    size_t bytes[] = {4, 4}, failed = 0;
    ASSERT_EQ(cuMemcpyBatchAsync(to, from, bytes, 2, nullptr, nullptr, 0, &failed, stream), CUDA_SUCCESS);
    cuStreamSynchronize(stream);
    EXPECT_EQ(words(here, 2), (Words{4, 3}));
    bytes[1] = 5;
    EXPECT_EQ(cuMemcpyBatchAsync(to, from, bytes, 2, nullptr, nullptr, 0, &failed, stream),
              CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(failed, 1u);
    EXPECT_EQ(cuMemcpyBatchAsync(to, from, bytes, 1, nullptr, nullptr, 0, &failed, nullptr),
              CUDA_ERROR_INVALID_VALUE);
  });
}

TEST(Copy, ArraysTakeRowsAndGiveThemBack) {
  in_context([] {
    CUarray array = nullptr;
    const CUDA_ARRAY_DESCRIPTOR shape{4, 2, CU_AD_FORMAT_UNSIGNED_INT32, 1};
    ASSERT_EQ(cuArrayCreate_v2(&array, &shape), CUDA_SUCCESS);
    const Words values{1, 2, 3, 4, 5, 6, 7, 8};
    CUDA_MEMCPY2D copy{};
    copy.srcMemoryType = CU_MEMORYTYPE_HOST;
    copy.srcHost = values.data();
    copy.dstMemoryType = CU_MEMORYTYPE_ARRAY;
    copy.dstArray = array;
    copy.WidthInBytes = 16, copy.Height = 2;
    ASSERT_EQ(cuMemcpy2D_v2(&copy), CUDA_SUCCESS);
    Words row(2);
    ASSERT_EQ(cuMemcpyAtoH_v2(row.data(), array, 4, 8), CUDA_SUCCESS);
    EXPECT_EQ(row, (Words{2, 3}));
    copy.Height = 3;
    EXPECT_EQ(cuMemcpy2D_v2(&copy), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuMemcpyAtoH_v2(row.data(), reinterpret_cast<CUarray>(&row), 0, 4), CUDA_ERROR_INVALID_HANDLE);
  });
}

}  // namespace
}  // namespace simcuda::test
