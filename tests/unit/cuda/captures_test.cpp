// Which captures are open, and that none begins while weir asks the driver what would spoil it.
#include "core/cuda/captures.hpp"

#include <atomic>
#include <thread>

#include "core/cuda/fences.hpp"
#include "simulated_driver.hpp"

using namespace weir;
using namespace weir::test;
using cuda::Housekeeping;

namespace {

void begin(CUstream stream, CUstreamCaptureMode mode = CU_STREAM_CAPTURE_MODE_RELAXED) {
  MUST(W(cuStreamBeginCapture_v2)(stream, mode));
}
CUresult end(CUstream stream) {
  CUgraph graph = nullptr;
  return W(cuStreamEndCapture)(stream, &graph);
}

TEST(Captures, WhileOneIsOpenThereIsNoHousekeeping) {
  in_context([] {
    const CUstream first = new_stream(), second = new_stream();
    EXPECT_FALSE(cuda::was_any_stream_captured());
    begin(first);
    begin(second);
    MUST(end(first));
    EXPECT_FALSE(Housekeeping{});
    EXPECT_TRUE(cuda::is_any_stream_capturing());
    MUST(end(second));
    EXPECT_TRUE(Housekeeping{});
    EXPECT_FALSE(cuda::is_any_stream_capturing());
    EXPECT_TRUE(cuda::was_any_stream_captured());
  });
}

TEST(Captures, OneThatDoesNotBeginIsNotOpen) {
  in_context([] {
    EXPECT_NE(W(cuStreamBeginCapture_v2)(CU_STREAM_LEGACY, CU_STREAM_CAPTURE_MODE_RELAXED), CUDA_SUCCESS);
    EXPECT_TRUE(Housekeeping{});
  });
}

TEST(Captures, TheWrongStreamOrThreadEndsNone) {
  in_context([] {
    const CUstream captured = new_stream(), other = new_stream();
    begin(captured, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL);
    EXPECT_EQ(end(other), CUDA_ERROR_ILLEGAL_STATE);
    EXPECT_FALSE(Housekeeping{});
    const CUcontext context = current();
    std::thread{[&] {
      MUST(D(cuCtxSetCurrent)(context));
      EXPECT_EQ(end(captured), CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD);
    }}.join();
    EXPECT_FALSE(Housekeeping{});
    MUST(end(captured));
    EXPECT_TRUE(Housekeeping{});
  });
}

TEST(Captures, OneThatWasSpoiltIsOpenUntilItsEnd) {
  in_context([] {
    const CUstream stream = new_stream();
    begin(stream, CU_STREAM_CAPTURE_MODE_GLOBAL);
    EXPECT_EQ(D(cuCtxSynchronize)(), CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
    EXPECT_FALSE(Housekeeping{});
    EXPECT_EQ(end(stream), CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    EXPECT_TRUE(Housekeeping{});
  });
}

TEST(Captures, OneEndsWithItsStream) {
  in_context([] {
    const CUstream captured = new_stream(), other = new_stream();
    begin(captured);
    MUST(W(cuStreamDestroy_v2)(other));
    EXPECT_FALSE(Housekeeping{});
    MUST(W(cuStreamDestroy_v2)(captured));
    EXPECT_TRUE(Housekeeping{});
  });
}

TEST(Captures, OneEndsWithItsContext) {
  in_context([] {
    const CUcontext other = another_context();
    const CUstream here = new_stream();
    begin(here);
    within(other, [] {
      begin(new_stream());
      begin(CU_STREAM_PER_THREAD);
    });
    MUST(end(here));
    EXPECT_FALSE(Housekeeping{});
    // In the simulation destroying a context is no call for while something is captured, whoever captures it.
    CUstreamCaptureMode mode = CU_STREAM_CAPTURE_MODE_RELAXED;
    MUST(D(cuThreadExchangeStreamCaptureMode)(&mode));
    MUST(W(cuCtxDestroy_v2)(other));
    EXPECT_TRUE(Housekeeping{});
  });
}

TEST(Captures, OneEndsWithTheReset) {
  in_driver(Driver::New, {}, [] {
    CUcontext primary = nullptr;
    OK(D(cuInit)(0));
    OK(W(cuDevicePrimaryCtxRetain)(&primary, 0));
    OK(D(cuCtxSetCurrent)(primary));
    begin(new_stream());
    MUST(W(cuDevicePrimaryCtxReset_v2)(0));
    EXPECT_TRUE(Housekeeping{});
  });
}

TEST(Captures, AThreadsOwnStreamIsAnotherInEachThread) {
  in_context([] {
    const CUcontext context = current();
    MUST(W(cuStreamBeginCapture_v2_ptsz)(nullptr, CU_STREAM_CAPTURE_MODE_RELAXED));
    std::thread{[&] {
      MUST(D(cuCtxSetCurrent)(context));
      begin(CU_STREAM_PER_THREAD);
      MUST(end(CU_STREAM_PER_THREAD));
      EXPECT_FALSE(Housekeeping{});
    }}.join();
    MUST(end(CU_STREAM_PER_THREAD));
    EXPECT_TRUE(Housekeeping{});
  });
}

TEST(Captures, OneWaitsForHousekeepingToEnd) {
  in_context([] {
    const CUcontext context = current();
    const CUstream stream = new_stream();
    std::atomic<bool> is_kept{true}, was_kept{false}, has_begun{false};
    std::thread capture;
    {
      const Housekeeping keeping;
      ASSERT_TRUE(keeping);
      capture = std::thread{[&] {
        MUST(D(cuCtxSetCurrent)(context));
        begin(stream);
        was_kept = is_kept.load();
        has_begun = true;
      }};
      while (!cuda::is_any_stream_capturing()) std::this_thread::yield();
      EXPECT_FALSE(Housekeeping{}) << "it would be in the way of one that is about to begin";
      EXPECT_FALSE(has_begun);
      std::this_thread::sleep_for(std::chrono::milliseconds{20});
      is_kept = false;
    }
    capture.join();
    EXPECT_FALSE(was_kept);
    EXPECT_FALSE(Housekeeping{});
  });
}

TEST(Captures, OneOfTheSameThreadDoesNotWaitForItself) {
  in_context([] {
    // A thread that waits for itself loses its patience in the end: often enough that the test's own runs out.
    for (int i = 0; i != 400; ++i) {
      const CUstream stream = new_stream();
      const Housekeeping keeping;
      EXPECT_TRUE(keeping);
      begin(stream);
      MUST(end(stream));
    }
  });
}

TEST(Captures, NoneIsOpenDuringHousekeeping) {
  in_context([] {
    std::atomic<bool> is_open{false}, is_over{false};
    std::atomic<long> kept{0}, met{0};
    const auto keep = [&] {
      while (!is_over) {
        const Housekeeping keeping;
        if (!keeping) continue;
        ++kept;
        for (int i = 0; i != 300; ++i)
          if (is_open.load(std::memory_order_relaxed)) ++met;
      }
    };
    std::thread threads[] = {std::thread{keep}, std::thread{keep}};
    const CUstream stream = new_stream();
    for (int i = 0; i < 20'000 || kept < 200; ++i) {
      begin(stream);
      is_open = true;
      is_open = false;
      MUST(end(stream));
      if (i % 16 == 0) std::this_thread::yield();
    }
    is_over = true;
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(met, 0);
  });
}

/// Captures in all three modes, while other threads put fences, look at them and wait, of this context and another.
void capture_beside_fences(Driver driver, int captures) {
  in_context(driver, [=] {
    const CUcontext context = current(), other = another_context();
    std::atomic<bool> is_over{false};
    std::atomic<long> put{0}, waited{0};
    const auto keep_house = [&](bool waits) {
      MUST(D(cuCtxSetCurrent)(context));
      while (!is_over) {
        cuda::Fence fence{};
        if (cuda::put_fence(cuda::all_contexts(), fence)) {
          ++put;
          while (!is_over && cuda::look_at(fence) != pool::Progress::Done) std::this_thread::yield();
          cuda::drop_fence(fence);
        }
        if (waits && cuda::wait_for(cuda::all_contexts()) == CUDA_SUCCESS) ++waited;
        std::this_thread::yield();
      }
    };
    std::thread threads[] = {std::thread{keep_house, false}, std::thread{keep_house, true}};
    CUdeviceptr block = 0;
    OK(D(cuMemAlloc_v2)(&block, 4096));
    const CUstream stream = new_stream();
    for (int i = 0; i != captures; ++i) {
      begin(stream, static_cast<CUstreamCaptureMode>(i % 3));
      MUST(D(cuMemsetD8Async)(block, 1, 4096, stream));
      CUgraph graph = nullptr;
      OK(W(cuStreamEndCapture)(stream, &graph)) << i;
      OK(D(cuGraphDestroy)(graph));
      if (i % 8 == 0) {
        OK(D(cuMemsetD8Async)(block, 2, 4096, stream));
      }
      if (i % 8 == 0) std::this_thread::yield();
    }
    while (put == 0 || waited == 0) std::this_thread::yield();
    is_over = true;
    for (std::thread& thread : threads) thread.join();
    std::printf("%d captures, %ld fences, %ld waits\n", captures, put.load(), waited.load());
    (void)other;
  });
}

TEST(Captures, NoneIsSpoiltByFencesAndWaitsOfOtherThreads) { capture_beside_fences(Driver::New, 6000); }
TEST(Captures, NoneIsSpoiltWithADriverThatRecordsNoContexts) { capture_beside_fences(Driver::Old, 6000); }

}  // namespace
