// Allocation and free in stream order: what may use the memory when.
#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "fault/fault.hpp"
#include "stream_fixture.hpp"

namespace simcuda::test {
namespace {

class StreamOrder : public StreamOrderTest {};

MEMORY_TEST(StreamOrder, AnAllocationIsThereAtOnceAndOfItsPool) {
  CUdeviceptr address = 0, base = 0;
  std::size_t bytes = 0;
  ASSERT_EQ(cuMemAllocAsync(&address, 3000, a), CUDA_SUCCESS);
  ASSERT_EQ(cuMemGetAddressRange_v2(&base, &bytes, address + 100), CUDA_SUCCESS);
  EXPECT_EQ(base, address);
  EXPECT_EQ(bytes, 3000U);
  CUmemoryPool of = nullptr, pool = nullptr;
  ASSERT_EQ(cuPointerGetAttribute(&of, CU_POINTER_ATTRIBUTE_MEMPOOL_HANDLE, address), CUDA_SUCCESS);
  ASSERT_EQ(cuDeviceGetDefaultMemPool(&pool, 0), CUDA_SUCCESS);
  EXPECT_EQ(of, pool);
  ASSERT_EQ(cuMemsetD8Async(address, 7, 3000, a), CUDA_SUCCESS);
  ASSERT_EQ(cuStreamSynchronize(a), CUDA_SUCCESS);
  EXPECT_TRUE(holds(address, 3000, 7));
  EXPECT_EQ(cuMemFreeAsync(address, a), CUDA_SUCCESS);
}

MEMORY_TEST(StreamOrder, TheSameStreamGetsTheBlockBackWhileItsFreeIsQueued) {
  CUmemoryPool pool = made();
  CUdeviceptr first = taken(pool, kMiB, a);
  simcuda_hold(a);
  ASSERT_EQ(cuMemsetD8Async(first, 1, kMiB, a), CUDA_SUCCESS);
  ASSERT_EQ(cuMemFreeAsync(first, a), CUDA_SUCCESS);
  CUdeviceptr again = taken(pool, kMiB / 2, a);
  EXPECT_EQ(again, first);
  ASSERT_EQ(cuMemsetD8Async(again, 2, kMiB / 2, a), CUDA_SUCCESS);
  auto before = violations();
  simcuda_release(a);
  ASSERT_EQ(cuStreamSynchronize(a), CUDA_SUCCESS) << "both fills were within their lifetimes";
  EXPECT_EQ(violations(), before);
  EXPECT_TRUE(holds(again, kMiB / 2, 2));
}

MEMORY_TEST(StreamOrder, AnotherStreamGetsOtherMemoryWhileTheFreeIsQueued) {
  CUmemoryPool pool = made();
  keep(pool, ~cuuint64_t{0});
  CUdeviceptr first = taken(pool, kSegment, a);
  simcuda_hold(a);
  ASSERT_EQ(cuMemFreeAsync(first, a), CUDA_SUCCESS);
  CUdeviceptr other = taken(pool, kSegment, b);
  EXPECT_NE(other, first);
  simcuda_release(a);
  ASSERT_EQ(cuStreamSynchronize(a), CUDA_SUCCESS);
  EXPECT_EQ(taken(pool, kSegment, b), first) << "and the same memory once the free is done";
}

MEMORY_TEST(StreamOrder, AStreamThatWaitsForAnEventAfterTheFreeGetsTheBlock) {
  CUmemoryPool pool = made();
  CUevent freed = nullptr;
  ASSERT_EQ(cuEventCreate(&freed, CU_EVENT_DISABLE_TIMING), CUDA_SUCCESS);
  CUdeviceptr first = taken(pool, kSegment, a);
  simcuda_hold(a);
  ASSERT_EQ(cuMemFreeAsync(first, a), CUDA_SUCCESS);
  ASSERT_EQ(cuEventRecord(freed, a), CUDA_SUCCESS);
  ASSERT_EQ(cuStreamWaitEvent(b, freed, 0), CUDA_SUCCESS);
  set_flag(pool, CU_MEMPOOL_ATTR_REUSE_FOLLOW_EVENT_DEPENDENCIES, 0);
  CUdeviceptr other = taken(pool, kSegment, b);
  EXPECT_NE(other, first) << "when the pool may not follow events";
  set_flag(pool, CU_MEMPOOL_ATTR_REUSE_FOLLOW_EVENT_DEPENDENCIES, 1);
  EXPECT_EQ(taken(pool, kSegment, b), first);
}

MEMORY_TEST(StreamOrder, AnEventRecordedBeforeTheFreeDoesNotHelp) {
  CUmemoryPool pool = made();
  CUevent early = nullptr;
  ASSERT_EQ(cuEventCreate(&early, CU_EVENT_DISABLE_TIMING), CUDA_SUCCESS);
  CUdeviceptr first = taken(pool, kSegment, a);
  simcuda_hold(a);
  ASSERT_EQ(cuEventRecord(early, a), CUDA_SUCCESS);
  ASSERT_EQ(cuMemFreeAsync(first, a), CUDA_SUCCESS);
  ASSERT_EQ(cuStreamWaitEvent(b, early, 0), CUDA_SUCCESS);
  EXPECT_NE(taken(pool, kSegment, b), first);
}

MEMORY_TEST(StreamOrder, AFullPoolMakesTheStreamWaitForTheFreeOfAnother) {
  CUmemoryPool pool = made(kSegment);
  CUdeviceptr first = taken(pool, kSegment, a);
  simcuda_hold(a);
  ASSERT_EQ(cuMemsetD8Async(first, 1, kSegment, a), CUDA_SUCCESS);
  ASSERT_EQ(cuMemFreeAsync(first, a), CUDA_SUCCESS);
  set_flag(pool, CU_MEMPOOL_ATTR_REUSE_ALLOW_INTERNAL_DEPENDENCIES, 0);
  CUdeviceptr none = 7;
  EXPECT_EQ(cuMemAllocFromPoolAsync(&none, kSegment, pool, b), CUDA_ERROR_OUT_OF_MEMORY);
  EXPECT_EQ(none, 7U);
  set_flag(pool, CU_MEMPOOL_ATTR_REUSE_ALLOW_INTERNAL_DEPENDENCIES, 1);
  CUdeviceptr again = taken(pool, kSegment, b);
  EXPECT_EQ(again, first);
  ASSERT_EQ(cuMemsetD8Async(again, 2, kSegment, b), CUDA_SUCCESS);
  CUstream later = nullptr;  // its work would run after that of b, if that could run
  CUdeviceptr elsewhere = 0;
  ASSERT_EQ(cuStreamCreate(&later, CU_STREAM_NON_BLOCKING), CUDA_SUCCESS);
  ASSERT_EQ(cuMemAllocAsync(&elsewhere, kMiB, later), CUDA_SUCCESS);
  ASSERT_EQ(cuStreamSynchronize(later), CUDA_SUCCESS);
  EXPECT_EQ(cuStreamQuery(b), CUDA_ERROR_NOT_READY) << "it waits for the held stream";
  simcuda_release(a);
  ASSERT_EQ(cuStreamSynchronize(b), CUDA_SUCCESS);
  EXPECT_TRUE(holds(again, kSegment, 2));
}

MEMORY_TEST(StreamOrder, WithoutOpportunismACompletedFreeServesOthersOnlyAfterTheHostHasWaited) {
  CUmemoryPool pool = made();
  keep(pool, ~cuuint64_t{0});
  set_flag(pool, CU_MEMPOOL_ATTR_REUSE_ALLOW_OPPORTUNISTIC, 0);
  CUdeviceptr first = taken(pool, kSegment, a);
  ASSERT_EQ(cuMemFreeAsync(first, a), CUDA_SUCCESS);
  while (cuStreamQuery(a) == CUDA_ERROR_NOT_READY) {
  }
  CUdeviceptr other = taken(pool, kSegment, b);
  EXPECT_NE(other, first);
  ASSERT_EQ(cuStreamSynchronize(a), CUDA_SUCCESS);
  EXPECT_EQ(taken(pool, kSegment, b), first);
}

MEMORY_TEST(StreamOrder, WorkQueuedAfterTheFreeIsFoundOut) {
  CUdeviceptr address = 0;
  ASSERT_EQ(cuMemAllocAsync(&address, kMiB, a), CUDA_SUCCESS);
  ASSERT_EQ(cuMemFreeAsync(address, a), CUDA_SUCCESS);
  EXPECT_EQ(cuMemsetD8Async(address, 1, kMiB, a), CUDA_ERROR_INVALID_VALUE)
      << "the pointer is dead for the program";
}

MEMORY_TEST(StreamOrder, WorkOfAnotherStreamThatComesAfterTheFreeIsFoundOut) {
  CUdeviceptr address = 0;
  ASSERT_EQ(cuMemAllocAsync(&address, kMiB, a), CUDA_SUCCESS);
  ASSERT_EQ(cuStreamSynchronize(a), CUDA_SUCCESS);
  auto before = violations();
  simcuda_hold(b);
  ASSERT_EQ(cuMemsetD8Async(address, 1, kMiB, b), CUDA_SUCCESS);
  ASSERT_EQ(cuMemFreeAsync(address, a), CUDA_SUCCESS);
  ASSERT_EQ(cuStreamSynchronize(a), CUDA_SUCCESS);
  simcuda_release(b);
  EXPECT_EQ(cuStreamSynchronize(b), CUDA_ERROR_ILLEGAL_ADDRESS);
  EXPECT_GT(violations(), before);
  cuDevicePrimaryCtxReset_v2(0);
}

MEMORY_TEST(StreamOrder, FreeOfAStreamOrderedPointerDoesNotWait) {
  CUdeviceptr address = 0;
  simcuda_hold(a);
  ASSERT_EQ(cuMemAllocAsync(&address, kMiB, a), CUDA_SUCCESS);
  EXPECT_EQ(cuMemFree_v2(address), CUDA_SUCCESS) << "with the stream held, waiting would never end";
  EXPECT_EQ(cuMemFree_v2(address), CUDA_ERROR_INVALID_VALUE);
}

MEMORY_TEST(StreamOrder, MemoryOfCuMemAllocMayBeFreedInStreamOrder) {
  CUdeviceptr address = 0, base = 0;
  std::size_t before = used();
  ASSERT_EQ(cuMemAlloc_v2(&address, 4 * kMiB), CUDA_SUCCESS);
  simcuda_hold(a);
  ASSERT_EQ(cuMemsetD8Async(address, 3, 4 * kMiB, a), CUDA_SUCCESS);
  ASSERT_EQ(cuMemFreeAsync(address, a), CUDA_SUCCESS);
  EXPECT_NE(cuMemGetAddressRange_v2(&base, nullptr, address), CUDA_SUCCESS) << "dead for the program";
  EXPECT_EQ(cuMemFreeAsync(address, a), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuMemFree_v2(address), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(used(), before + 4 * kMiB) << "the stream has not got there";
  simcuda_release(a);
  ASSERT_EQ(cuStreamSynchronize(a), CUDA_SUCCESS);
  EXPECT_EQ(used(), before);
}

MEMORY_TEST(StreamOrder, OtherMemoryAndInteriorPointersAreNotFreedInStreamOrder) {
  CUdeviceptr managed = 0, inside = 0;
  ASSERT_EQ(cuMemAllocManaged(&managed, kMiB, CU_MEM_ATTACH_GLOBAL), CUDA_SUCCESS);
  EXPECT_EQ(cuMemFreeAsync(managed, a), CUDA_ERROR_INVALID_VALUE);
  ASSERT_EQ(cuMemAllocAsync(&inside, kMiB, a), CUDA_SUCCESS);
  EXPECT_EQ(cuMemFreeAsync(inside + 512, a), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuMemFreeAsync(0, a), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuMemFreeAsync(inside, a), CUDA_SUCCESS);
  EXPECT_EQ(cuMemFreeAsync(inside, a), CUDA_ERROR_INVALID_VALUE);
}

MEMORY_TEST(StreamOrder, BadArgumentsLeaveTheOutputAlone) {
  CUdeviceptr address = 7;
  EXPECT_EQ(cuMemAllocAsync(&address, 0, a), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuMemAllocAsync(nullptr, 16, a), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuMemAllocAsync(&address, std::size_t{600} << 20, a), CUDA_ERROR_OUT_OF_MEMORY);
  EXPECT_EQ(cuMemAllocAsync(&address, ~std::size_t{0}, a), CUDA_ERROR_OUT_OF_MEMORY);
  EXPECT_EQ(cuMemAllocAsync(&address, 16, reinterpret_cast<CUstream>(std::uintptr_t{0x1234560})),
            CUDA_ERROR_INVALID_HANDLE);
  EXPECT_EQ(cuMemAllocFromPoolAsync(&address, 16, nullptr, a), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(address, 7U);
}

MEMORY_TEST(StreamOrder, ADefaultStreamNeedsAContextAndACreatedOneBringsItsOwn) {
  CUdeviceptr address = 0;
  ASSERT_EQ(cuCtxSetCurrent(nullptr), CUDA_SUCCESS);
  EXPECT_EQ(cuMemAllocAsync(&address, kMiB, nullptr), CUDA_ERROR_INVALID_CONTEXT);
  EXPECT_EQ(cuMemAllocAsync_ptsz(&address, kMiB, nullptr), CUDA_ERROR_INVALID_CONTEXT);
  EXPECT_EQ(cuMemAllocAsync(&address, kMiB, a), CUDA_SUCCESS);
  EXPECT_EQ(cuMemFreeAsync(address, nullptr), CUDA_ERROR_INVALID_CONTEXT);
  EXPECT_EQ(cuMemFreeAsync(address, a), CUDA_SUCCESS);
  ASSERT_EQ(cuCtxSetCurrent(context), CUDA_SUCCESS);
}

MEMORY_TEST(StreamOrder, TheTwinsUseTheThreadsOwnStream) {
  CUmemoryPool pool = made();
  set_flag(pool, CU_MEMPOOL_ATTR_REUSE_FOLLOW_EVENT_DEPENDENCIES, 0);  // the legacy stream follows all
  CUdeviceptr first = 0, other = 0;
  ASSERT_EQ(cuMemAllocFromPoolAsync_ptsz(&first, kSegment, pool, nullptr), CUDA_SUCCESS);
  simcuda_hold(CU_STREAM_PER_THREAD);
  ASSERT_EQ(cuMemFreeAsync_ptsz(first, nullptr), CUDA_SUCCESS);
  ASSERT_EQ(cuMemAllocFromPoolAsync(&other, kSegment, pool, a), CUDA_SUCCESS);
  EXPECT_NE(other, first) << "the free waits in the thread's stream";
  ASSERT_EQ(cuMemAllocFromPoolAsync_ptsz(&other, kSegment, pool, nullptr), CUDA_SUCCESS);
  EXPECT_EQ(other, first);
}

// Each thread fills its block in its stream, reads it back in stream order and frees it: a block that two have at once
// shows the other's bytes.
MEMORY_TEST(StreamOrder, ThreadsWithTheirStreamsNeverShareABlock) {
  CUmemoryPool pool = made(kSegment);
  std::atomic<int> wrong{0};
  auto play = [&](unsigned char mark) {
    constexpr std::size_t kSlots = 8, kSeen = 512;
    CUstream stream = nullptr;
    void* pinned = nullptr;  // so that the copies do not wait
    if (cuCtxSetCurrent(context) != CUDA_SUCCESS) ++wrong;
    if (cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING) != CUDA_SUCCESS) ++wrong;
    if (cuMemHostAlloc(&pinned, kSlots * kSeen, 0) != CUDA_SUCCESS) ++wrong;
    auto* seen = static_cast<unsigned char*>(pinned);
    for (std::size_t i = 0; i < 25 * kSlots; ++i) {
      std::size_t bytes = kSeen + (i * 7919 * mark) % 30000;
      CUdeviceptr address = 0;
      bool done = cuMemAllocFromPoolAsync(&address, bytes, pool, stream) == CUDA_SUCCESS &&
                  cuMemsetD8Async(address, mark, bytes, stream) == CUDA_SUCCESS &&
                  cuMemcpyDtoHAsync_v2(seen + i % kSlots * kSeen, address, kSeen, stream) == CUDA_SUCCESS &&
                  cuMemFreeAsync(address, stream) == CUDA_SUCCESS;
      if (i % kSlots == kSlots - 1) {
        done = done && cuStreamSynchronize(stream) == CUDA_SUCCESS &&
               std::all_of(seen, seen + kSlots * kSeen, [&](unsigned char byte) { return byte == mark; });
      }
      if (!done) ++wrong;
    }
  };
  simcuda_seed(20250807);  // otherwise work runs in the order of its submission, which hides most mistakes
  std::vector<std::thread> threads;
  for (unsigned char mark = 1; mark <= 4; ++mark) threads.emplace_back(play, mark);
  for (std::thread& thread : threads) thread.join();
  simcuda_seed(0);
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(number(pool, CU_MEMPOOL_ATTR_USED_MEM_CURRENT), 0U);
  EXPECT_EQ(violations(), 0U);
}

MEMORY_TEST(StreamOrder, TheNthCallFailsAsOrderedAndNothingHappens) {
  CUdeviceptr address = 7, second = 0;
  std::size_t before = used();
  order_fault({.function = "cuMemAllocAsync", .nth = 2, .error = CUDA_ERROR_OUT_OF_MEMORY});
  EXPECT_EQ(cuMemAllocAsync(&second, kMiB, a), CUDA_SUCCESS);
  EXPECT_EQ(cuMemAllocAsync(&address, 400 * kMiB, a), CUDA_ERROR_OUT_OF_MEMORY);
  EXPECT_EQ(address, 7U);
  order_fault({.function = "cuMemFreeAsync", .error = CUDA_ERROR_INVALID_VALUE});
  EXPECT_EQ(cuMemFreeAsync(second, a), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuMemFreeAsync(second, a), CUDA_SUCCESS);
  ASSERT_EQ(cuStreamSynchronize(a), CUDA_SUCCESS);
  EXPECT_EQ(used(), before);
  forget_orders();
}

MEMORY_TEST(StreamOrder, WhileAStreamIsCapturedItsAllocationsBecomeNodes) {
  CUmemoryPool pool = nullptr;
  ASSERT_EQ(cuDeviceGetDefaultMemPool(&pool, 0), CUDA_SUCCESS);
  auto used_before = number(pool, CU_MEMPOOL_ATTR_USED_MEM_CURRENT);
  CUdeviceptr outside = 0, address = 0;
  ASSERT_EQ(cuMemAllocAsync(&outside, kMiB, a), CUDA_SUCCESS);
  ASSERT_EQ(cuStreamBeginCapture_v2(a, CU_STREAM_CAPTURE_MODE_RELAXED), CUDA_SUCCESS);
  ASSERT_EQ(cuMemAllocAsync(&address, kMiB, a), CUDA_SUCCESS);
  EXPECT_EQ(cuMemFreeAsync(outside, a), CUDA_ERROR_INVALID_VALUE) << "only memory of graphs";
  ASSERT_EQ(cuMemsetD8Async(address, 5, kMiB, a), CUDA_SUCCESS);
  ASSERT_EQ(cuMemFreeAsync(address, a), CUDA_SUCCESS);
  CUgraph graph = nullptr;
  ASSERT_EQ(cuStreamEndCapture(a, &graph), CUDA_SUCCESS);
  EXPECT_EQ(number(pool, CU_MEMPOOL_ATTR_USED_MEM_CURRENT), used_before + kMiB)
      << "the graph's is not the pool's";
  std::size_t nodes = 0;
  ASSERT_EQ(cuGraphGetNodes(graph, nullptr, &nodes), CUDA_SUCCESS);
  EXPECT_EQ(nodes, 3U);
  CUgraphExec executable = nullptr;
  ASSERT_EQ(cuGraphInstantiateWithFlags(&executable, graph, 0), CUDA_SUCCESS);
  ASSERT_EQ(cuGraphLaunch(executable, a), CUDA_SUCCESS);
  ASSERT_EQ(cuMemFreeAsync(outside, a), CUDA_SUCCESS);
  EXPECT_EQ(cuStreamSynchronize(a), CUDA_SUCCESS);
}

}  // namespace
}  // namespace simcuda::test
