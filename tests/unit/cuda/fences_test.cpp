// Fences stand behind all work submitted before, and behind nothing else.
#include "core/cuda/fences.hpp"

#include <atomic>
#include <thread>
#include <vector>

#include "core/cuda/captures.hpp"
#include "simulated_driver.hpp"

using namespace weir;
using namespace weir::test;
using cuda::ContextSet;
using cuda::Fence;
using pool::Progress;

namespace {

ContextSet only(int number) {
  ContextSet set{};
  set.add(number);
  return set;
}
ContextSet here() { return only(cuda::current_context()); }

Fence put(const ContextSet& set) {
  Fence fence{};
  EXPECT_TRUE(cuda::put_fence(set, fence));
  return fence;
}

/// The work is done in the simulation a moment after it is let go.
Progress at_last(const Fence& fence) {
  for (int i = 0; i != 2000 && cuda::look_at(fence) == Progress::NotYet; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  return cuda::look_at(fence);
}

/// Neither now nor a moment later: what the fence should not wait for has had its time.
bool stays_open(const Fence& fence) {
  for (int i = 0; i != 10; ++i) {
    if (cuda::look_at(fence) != Progress::NotYet) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{2});
  }
  return true;
}

void stands_behind(const HeldWork& work, const ContextSet& set) {
  Fence fence = put(set);
  EXPECT_TRUE(stays_open(fence));
  work.let_go();
  EXPECT_EQ(at_last(fence), Progress::Done);
  EXPECT_EQ(cuda::look_at(fence), Progress::Done);
  cuda::drop_fence(fence);
  EXPECT_EQ(fence.slot_plus_one, 0u);
}

class Fences : public testing::TestWithParam<Driver> {
 protected:
  static void in(const std::function<void()>& body) { in_context(GetParam(), body); }
};
INSTANTIATE_TEST_SUITE_P(Driver, Fences, testing::Values(Driver::New, Driver::Old),
                         [](const auto& it) { return it.param == Driver::New ? "New" : "Old"; });

TEST_P(Fences, StandBehindTheLegacyStream) {
  in([] { stands_behind(HeldWork{CU_STREAM_LEGACY}, here()); });
}
TEST_P(Fences, StandBehindBlockingStreams) {
  in([] { stands_behind(HeldWork{new_stream(CU_STREAM_DEFAULT)}, here()); });
}
TEST_P(Fences, StandBehindStreamsThatDoNotBlock) {
  in([] { stands_behind(HeldWork{new_stream()}, here()); });
}
TEST_P(Fences, StandBehindOneOfManyStreams) {
  in([] {
    std::vector<CUstream> streams;
    for (int i = 0; i != 40; ++i) streams.push_back(new_stream());
    stands_behind(HeldWork{streams[27]}, here());
  });
}
TEST_P(Fences, StandBehindOneOfHundredsOfStreams) {
  in([] {
    std::vector<CUstream> streams;
    for (int i = 0; i != 500; ++i) streams.push_back(new_stream());
    stands_behind(HeldWork{streams[444]}, here());
  });
}
TEST_P(Fences, StandBehindAThreadsOwnStreamAlsoOfAnotherThread) {
  in([] {
    const CUcontext context = current();
    std::atomic<int> step{0};
    std::thread other{[&] {
      MUST(D(cuCtxSetCurrent)(context));
      const HeldWork work{CU_STREAM_PER_THREAD};
      step = 1;
      while (step != 2) std::this_thread::yield();
      work.let_go();
    }};
    while (step != 1) std::this_thread::yield();
    Fence fence = put(here());
    EXPECT_TRUE(stays_open(fence));
    step = 2;
    other.join();
    EXPECT_EQ(at_last(fence), Progress::Done);
    cuda::drop_fence(fence);
  });
}
TEST_P(Fences, StandBehindWhatADestroyedStreamStillHasToDo) {
  in([] {
    const CUstream stream = new_stream();
    const HeldWork work{stream};
    OK(W(cuStreamDestroy_v2)(stream));
    Fence fence{};
    // Where no event can be put behind it, none is put behind anything.
    if (cuda::put_fence(here(), fence)) {
      EXPECT_TRUE(stays_open(fence));
    }
    cuda::drop_fence(fence);
    D(simcuda_release_all)();
    for (int i = 0; i != 2000 && (!cuda::put_fence(here(), fence) || cuda::look_at(fence) != Progress::Done);
         ++i) {
      cuda::drop_fence(fence);
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
    EXPECT_NE(fence.slot_plus_one, 0u);
    EXPECT_EQ(cuda::look_at(fence), Progress::Done);
  });
}
TEST_P(Fences, StandBehindWhatManyDestroyedStreamsStillHaveToDo) {
  in([] {
    std::vector<HeldWork> works;
    for (int i = 0; i != 20; ++i) {
      const CUstream stream = new_stream();
      works.emplace_back(stream);
      OK(W(cuStreamDestroy_v2)(stream));
    }
    Fence fence{};
    if (cuda::put_fence(here(), fence)) {
      EXPECT_TRUE(stays_open(fence));
    }
    cuda::drop_fence(fence);
    D(simcuda_release_all)();
    OK(cuda::wait_for(here()));
    fence = put(here());
    EXPECT_EQ(at_last(fence), Progress::Done);
  });
}
TEST_P(Fences, DoNotWaitForWhatCameLater) {
  in([] {
    const Fence fence = put(here());
    const HeldWork later{new_stream()};
    EXPECT_EQ(at_last(fence), Progress::Done);
    later.let_go();
  });
}
TEST_P(Fences, StandBehindOtherContexts) {
  in([] {
    const CUcontext other = another_context(1);
    CUstream stream = nullptr;
    within(other, [&] { stream = new_stream(); });
    ContextSet set = here();
    set.add(cuda::number_of_context(other));
    const CUcontext before = current();
    Fence fence{};
    within(other, [&] {
      const HeldWork work{stream};
      within(before, [&] {
        fence = put(set);
        EXPECT_TRUE(stays_open(fence));
        const Fence of_here = put(here());
        EXPECT_EQ(at_last(of_here), Progress::Done);
      });
      work.let_go();
    });
    EXPECT_EQ(current(), before);
    EXPECT_EQ(at_last(fence), Progress::Done);
  });
}
TEST_P(Fences, AreDoneWithTheirContext) {
  in([] {
    const CUcontext other = another_context();
    ContextSet set = here();
    set.add(cuda::number_of_context(other));
    Fence fence{};
    within(other, [&] { const HeldWork work{new_stream()}; });
    fence = put(set);
    EXPECT_TRUE(stays_open(fence));
    OK(W(cuCtxDestroy_v2)(other));
    EXPECT_EQ(at_last(fence), Progress::Done);
    cuda::drop_fence(fence);
    // Its events are not used by who has its number now.
    const CUcontext next = another_context();
    ASSERT_TRUE(set.has(cuda::number_of_context(next)));
    fence = put(set);
    EXPECT_EQ(at_last(fence), Progress::Done);
    cuda::drop_fence(fence);
    OK(W(cuCtxDestroy_v2)(next));
    fence = put(set);  // an ended context needs no event
    EXPECT_EQ(at_last(fence), Progress::Done);
  });
}
TEST_P(Fences, AreNotPutNorLookedAtWhileAStreamIsCaptured) {
  in([] {
    const CUstream captured = new_stream();
    Fence before = put(here()), fence{};
    for (const auto mode : {CU_STREAM_CAPTURE_MODE_GLOBAL, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL,
                            CU_STREAM_CAPTURE_MODE_RELAXED}) {
      CUgraph graph = nullptr;
      OK(W(cuStreamBeginCapture_v2)(captured, mode));
      EXPECT_FALSE(cuda::put_fence(here(), fence));
      EXPECT_EQ(fence.slot_plus_one, 0u);
      EXPECT_EQ(cuda::look_at(before), Progress::NotNow);
      EXPECT_EQ(cuda::wait_for(here()), CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
      OK(W(cuStreamEndCapture)(captured, &graph)) << "nothing spoilt it";
    }
    EXPECT_EQ(at_last(before), Progress::Done);
    stands_behind(HeldWork{captured}, here());
  });
}
TEST_P(Fences, TellOfABrokenContext) {
  in([] {
    const Fence before = put(here());
    D(simcuda_break_context)(CUDA_ERROR_LAUNCH_FAILED);
    EXPECT_EQ(cuda::look_at(before), Progress::Broken);
    EXPECT_EQ(cuda::wait_for(here()), CUDA_ERROR_LAUNCH_FAILED);
  });
}
TEST_P(Fences, GetTheirEventsBack) {
  in([] {
    for (int i = 0; i != 3000; ++i) {
      Fence fence = put(here());
      if (i % 100 == 0) {
        EXPECT_EQ(at_last(fence), Progress::Done);
      }
      cuda::drop_fence(fence);
    }
    EXPECT_EQ(calls("cuEventCreate"), 1u);
  });
}
TEST_P(Fences, ThatAreTooManyAreNotPut) {
  in([] {
    std::vector<Fence> fences;
    Fence fence{};
    while (fences.size() != 5000 && cuda::put_fence(here(), fence)) fences.push_back(fence);
    EXPECT_GT(fences.size(), 500u);
    EXPECT_LT(fences.size(), 5000u);
    for (Fence& each : fences) {
      EXPECT_EQ(at_last(each), Progress::Done);
      cuda::drop_fence(each);
    }
    EXPECT_EQ(at_last(put(here())), Progress::Done);
  });
}

TEST(Fence, CostsOneCallOfTheDriverEach) {
  in_context([] {
    const ContextSet set = here();
    const int number = cuda::current_context();
    Fence fence = put(set);
    cuda::drop_fence(fence);
    unsigned long long before = calls();
    fence = put(set);
    EXPECT_EQ(calls() - before, 1u);
    before = calls();
    EXPECT_EQ(cuda::look_at(fence), Progress::Done);
    EXPECT_EQ(cuda::look_at(fence), Progress::Done);
    EXPECT_EQ(calls() - before, 1u);
    before = calls();
    cuda::drop_fence(fence);
    EXPECT_EQ(calls() - before, 0u);
    OK(cuda::wait_for(set, number));
    EXPECT_EQ(calls() - before, 1u);
  });
}

TEST(Fence, OfNoneIsDone) { EXPECT_EQ(cuda::look_at(Fence{}), Progress::Done); }

TEST(Fence, ThatFailsForGoodSaysSo) {
  in_context([] {
    D(simcuda_fail)("cuCtxRecordEvent", 1, 1, CUDA_ERROR_ILLEGAL_ADDRESS, 0);
    Fence fence = put(here());
    EXPECT_EQ(cuda::look_at(fence), Progress::Broken);
    cuda::drop_fence(fence);
    EXPECT_EQ(at_last(put(here())), Progress::Done);
  });
}

TEST(Fence, ThatCannotBePutLeavesNothing) {
  in_context([] {
    Fence fence{};
    for (const char* function : {"cuEventCreate", "cuCtxRecordEvent"}) {
      D(simcuda_fail)(function, 1, 10'000, CUDA_ERROR_OUT_OF_MEMORY, 0);
      for (int i = 0; i != 10'000; ++i) ASSERT_FALSE(cuda::put_fence(here(), fence));
    }
    EXPECT_EQ(at_last(put(here())), Progress::Done);
    EXPECT_EQ(calls("cuEventCreate"), 10'001u);
  });
}

TEST(Fence, AskedWithoutAContextIsNotDone) {
  in_context([] {
    const Fence fence = put(here());
    const ContextSet set = here();
    std::thread{[&] {
      Fence own{};
      EXPECT_EQ(cuda::look_at(fence), Progress::NotNow);
      EXPECT_FALSE(cuda::put_fence(set, own));
      EXPECT_EQ(cuda::wait_for(set), CUDA_ERROR_INVALID_CONTEXT);
    }}.join();
    EXPECT_EQ(at_last(fence), Progress::Done);
  });
}

TEST(Fence, IsNotDoneWhileItsContextIsEnding) {
  in_context([] {
    const CUcontext other = another_context();
    const int number = cuda::number_of_context(other);
    within(other, [] { const HeldWork work{new_stream()}; });
    Fence fence = put(only(number)), later{};
    ASSERT_EQ(cuda::begin_end(reinterpret_cast<std::uintptr_t>(other)), number);
    EXPECT_TRUE(stays_open(fence));
    EXPECT_FALSE(cuda::put_fence(only(number), later));
    EXPECT_EQ(cuda::wait_for(only(number)), CUDA_ERROR_NOT_READY);
    cuda::end_over(number, false);
    EXPECT_TRUE(stays_open(fence));
    D(simcuda_release_all)();
    EXPECT_EQ(at_last(fence), Progress::Done);
  });
}

/// Both ways to wait: the second once the program has captured a stream.
class Waiting : public testing::TestWithParam<bool> {
 protected:
  static void in(const std::function<void()>& body) {
    in_context([&, captures = GetParam()] {
      if (captures) {
        const CUstream stream = new_stream();
        CUgraph graph = nullptr;
        OK(W(cuStreamBeginCapture_v2)(stream, CU_STREAM_CAPTURE_MODE_GLOBAL));
        OK(W(cuStreamEndCapture)(stream, &graph));
      }
      body();
    });
  }
};
INSTANTIATE_TEST_SUITE_P(Program, Waiting, testing::Bool(),
                         [](const auto& it) { return it.param ? "Captures" : "Plain"; });

TEST_P(Waiting, EndsWithTheWorkOfAllContexts) {
  in([] {
    const CUcontext other = another_context(1), here = current();
    std::atomic<bool> is_let_go{false};
    CUstream stream = nullptr;
    within(other, [&] {
      stream = new_stream();
      const HeldWork work{stream};
    });
    std::thread later{[&] {
      MUST(D(cuCtxSetCurrent)(other));
      std::this_thread::sleep_for(std::chrono::milliseconds{50});
      is_let_go = true;
      D(simcuda_release_all)();
    }};
    OK(cuda::wait_for(cuda::all_contexts()));
    EXPECT_TRUE(is_let_go);
    EXPECT_EQ(current(), here);
    later.join();
  });
}
TEST_P(Waiting, AnswersTheFirstErrorAndLeavesTheCurrentContext) {
  in([] {
    const CUcontext other = another_context(1), here = current();
    within(other, [] { D(simcuda_break_context)(CUDA_ERROR_LAUNCH_TIMEOUT); });
    EXPECT_NE(cuda::wait_for(cuda::all_contexts()), CUDA_SUCCESS);
    EXPECT_EQ(current(), here);
    for (const char* function :
         {"cuCtxPushCurrent", "cuCtxSynchronize", "cuEventSynchronize", "cuEventQuery", "cuCtxRecordEvent"}) {
      D(simcuda_fail)(function, 1, 1, CUDA_ERROR_ECC_UNCORRECTABLE, 0);
      (void)cuda::wait_for(cuda::all_contexts());
      EXPECT_EQ(current(), here) << function;
      D(simcuda_forget_orders)();
    }
  });
}
TEST_P(Waiting, SkipsContextsThatHaveEnded) {
  in([] {
    const CUcontext other = another_context();
    ContextSet set = here();
    set.add(cuda::number_of_context(other));
    OK(W(cuCtxDestroy_v2)(other));
    OK(cuda::wait_for(set));
  });
}
TEST_P(Waiting, LeavesTheThreadsCaptureModeAsItIs) {
  in([] {
    const CUstream stream = new_stream();
    const HeldWork work{stream};
    CUstreamCaptureMode mode = CU_STREAM_CAPTURE_MODE_THREAD_LOCAL;
    OK(D(cuThreadExchangeStreamCaptureMode)(&mode));
    std::thread later{[&] {
      std::this_thread::sleep_for(std::chrono::milliseconds{20});
      D(simcuda_release_all)();
    }};
    OK(cuda::wait_for(here()));
    later.join();
    OK(D(cuThreadExchangeStreamCaptureMode)(&mode));
    EXPECT_EQ(mode, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL);
  });
}
TEST(WaitingForADevice, SpoilsNoCaptureThatBeginsMeanwhile) {
  in_context([] {
    const CUcontext context = current();
    const CUstream busy = new_stream(), captured = new_stream();
    CUgraph graph = nullptr;
    OK(W(cuStreamBeginCapture_v2)(captured, CU_STREAM_CAPTURE_MODE_GLOBAL));
    OK(W(cuStreamEndCapture)(captured, &graph));
    const HeldWork work{busy};
    // The driver looks for captures some time after it was called.
    D(simcuda_delay)("cuEventSynchronize", 100'000);
    std::thread waits{[&] {
      MUST(D(cuCtxSetCurrent)(context));
      MUST(cuda::wait_for(here()));
    }};
    while (calls("cuEventSynchronize") == 0) std::this_thread::yield();
    OK(W(cuStreamBeginCapture_v2)(captured, CU_STREAM_CAPTURE_MODE_GLOBAL));
    std::this_thread::sleep_for(std::chrono::milliseconds{200});
    MUST(W(cuStreamEndCapture)(captured, &graph));
    work.let_go();
    waits.join();
  });
}

}  // namespace
