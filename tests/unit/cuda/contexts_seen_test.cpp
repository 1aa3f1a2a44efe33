// Contexts and their numbers, over their lives.
#include "core/cuda/contexts_seen.hpp"

#include <atomic>
#include <set>
#include <thread>

#include "core/cuda/fences.hpp"
#include "simulated_driver.hpp"

using namespace weir;
using namespace weir::test;
using cuda::Life;

namespace {

TEST(ContextsSeen, EachHasANumberOfItsOwnThatStays) {
  in_context([] {
    const CUcontext first = current(), second = another_context(1);
    CUcontext primary = nullptr;
    OK(W(cuDevicePrimaryCtxRetain)(&primary, 1));
    const std::set<int> numbers{cuda::number_of_context(first), cuda::number_of_context(second),
                                cuda::number_of_context(primary)};
    EXPECT_EQ(numbers.size(), 3u);
    EXPECT_GE(*numbers.begin(), 0);
    EXPECT_EQ(cuda::current_context(), cuda::number_of_context(first));
    EXPECT_EQ(cuda::seen_context(cuda::number_of_context(second)).device, 1);
    EXPECT_EQ(cuda::seen_contexts(), 3u);
  });
}

TEST(ContextsSeen, OneMadeBehindOurBackIsSeenWhenItIsCurrent) {
  in_context([] {
    CUcontext unseen = nullptr;
    OK(D(cuCtxCreate_v2)(&unseen, 0, 1));
    const int number = cuda::current_context();
    ASSERT_GE(number, 0);
    EXPECT_EQ(cuda::seen_context(number).device, 1);
    EXPECT_EQ(cuda::current_context(), number);
  });
}

TEST(ContextsSeen, OfNoneAndOfADestroyedOneThereIsNoNumber) {
  in_context([] {
    CUcontext first = current(), popped = nullptr;
    OK(W(cuCtxDestroy_v2)(first));
    EXPECT_EQ(cuda::current_context(), -1);
    EXPECT_EQ(cuda::number_of_context(first), -1);
    const CUcontext second = another_context();
    OK(D(cuCtxPushCurrent_v2)(second));
    std::thread{[&] { MUST(W(cuCtxDestroy_v2)(second)); }}.join();
    EXPECT_EQ(cuda::current_context(), -1) << "it is still on our stack";
    OK(D(cuCtxPopCurrent_v2)(&popped));
  });
}

TEST(ContextsSeen, APrimaryContextKeepsItsNumberOverItsLives) {
  in_driver(Driver::New, {}, [] {
    CUcontext primary = nullptr;
    OK(D(cuInit)(0));
    OK(W(cuDevicePrimaryCtxRetain)(&primary, 0));
    OK(D(cuCtxSetCurrent)(primary));
    const int number = cuda::current_context();
    const std::uint32_t lives = cuda::seen_context(number).lives;
    OK(W(cuDevicePrimaryCtxReset_v2)(0));
    EXPECT_TRUE(cuda::is_life_over(number, lives));
    EXPECT_EQ(cuda::current_context(), -1);
    OK(W(cuDevicePrimaryCtxRetain)(&primary, 0));
    EXPECT_EQ(cuda::current_context(), number);
    EXPECT_EQ(cuda::seen_context(number).lives, lives + 1);
    OK(W(cuDevicePrimaryCtxRelease_v2)(0));
    EXPECT_EQ(cuda::current_context(), number) << "the first retain still holds it";
  });
}

TEST(ContextsSeen, ThousandsThatComeAndGoNeedFewNumbers) {
  in_context([] {
    const CUcontext reacher = current();
    for (int i = 0; i != 2000; ++i) {
      const CUcontext made = another_context(i % 2);
      const int number = cuda::number_of_context(made);
      ASSERT_GE(number, 0);
      ASSERT_FALSE(cuda::users_of_memory_in(number).has(cuda::number_of_context(reacher)))
          << "from a life before";
      if (i % 2 == 1) {
        OK(W(cuCtxEnablePeerAccess)(made, 0));
      }
      OK(W(cuCtxDestroy_v2)(made));
    }
    EXPECT_LE(cuda::seen_contexts(), 3u);
    EXPECT_TRUE(cuda::are_contexts_known());
  });
}

TEST(ContextsSeen, MoreThanHaveNumbersLeaveNothingProven) {
  in_driver(Driver::New, {{"SIMCUDA_CONTEXT_BYTES", "1M"}}, [] {
    OK(D(cuInit)(0));
    for (std::uint32_t i = 0; i != cuda::kMostContexts; ++i) (void)another_context();
    const CUcontext known = another_context();
    EXPECT_EQ(cuda::number_of_context(known), -1);
    EXPECT_FALSE(cuda::are_contexts_known());
    cuda::Fence fence{};
    EXPECT_FALSE(cuda::put_fence(cuda::all_contexts(), fence));
    EXPECT_EQ(cuda::wait_for(cuda::all_contexts()), CUDA_ERROR_NOT_SUPPORTED);
  });
}

TEST(ContextsSeen, WhoGotAccessIsAUserOfTheMemoryAlsoAfterItWasTakenBack) {
  in_context([] {
    const CUcontext reaches = current(), owner = another_context(1);
    const int number = cuda::number_of_context(owner), reacher = cuda::number_of_context(reaches);
    EXPECT_FALSE(cuda::users_of_memory_in(number).has(reacher));
    OK(W(cuCtxEnablePeerAccess)(owner, 0));
    EXPECT_TRUE(cuda::users_of_memory_in(number).has(reacher));
    EXPECT_TRUE(cuda::users_of_memory_in(number).has(number));
    EXPECT_FALSE(cuda::users_of_memory_in(reacher).has(number)) << "one way only";
    OK(D(cuCtxDisablePeerAccess)(owner));
    EXPECT_TRUE(cuda::users_of_memory_in(number).has(reacher));
  });
}

TEST(ContextsSeen, WhoHasTheNumberOfOneThatHadAccessHasNone) {
  in_context([] {
    const CUcontext owner = another_context(1), reaches = current();
    const int number = cuda::number_of_context(owner), reacher = cuda::number_of_context(reaches);
    OK(W(cuCtxEnablePeerAccess)(owner, 0));
    OK(W(cuCtxDestroy_v2)(reaches));
    ASSERT_EQ(cuda::number_of_context(another_context()), reacher);
    EXPECT_FALSE(cuda::users_of_memory_in(number).has(reacher));
  });
}

TEST(ContextsSeen, APeerMadeBehindOurBackIsSeenWhenItIsReached) {
  in_context([] {
    CUcontext unseen = nullptr, popped = nullptr;
    OK(D(cuCtxCreate_v2)(&unseen, 0, 1));
    OK(D(cuCtxPopCurrent_v2)(&popped));
    const CUcontext before = current();
    OK(W(cuCtxEnablePeerAccess)(unseen, 0));
    EXPECT_EQ(current(), before);
    const int number = cuda::number_of_context(unseen);
    ASSERT_GE(number, 0);
    EXPECT_TRUE(cuda::users_of_memory_in(number).has(cuda::current_context()));
    EXPECT_TRUE(cuda::are_contexts_known());
  });
}

TEST(ContextsSeen, ARefusedAccessIsNone) {
  in_driver(Driver::New, {{"SIMCUDA_DEVICES", "2"}, {"SIMCUDA_PEERS", "none"}}, [] {
    OK(D(cuInit)(0));
    const CUcontext owner = another_context(1);
    CUcontext reaches = nullptr;
    OK(W(cuCtxCreate_v2)(&reaches, 0, 0));
    EXPECT_EQ(W(cuCtxEnablePeerAccess)(owner, 0), CUDA_ERROR_PEER_ACCESS_UNSUPPORTED);
    EXPECT_FALSE(
        cuda::users_of_memory_in(cuda::number_of_context(owner)).has(cuda::number_of_context(reaches)));
  });
}

TEST(ContextsSeen, AnEndWaitsForThoseWhoUseTheContext) {
  in_context([] {
    const CUcontext other = another_context();
    const int number = cuda::number_of_context(other);
    std::atomic<bool> is_used{true}, was_used{false};
    std::thread end;
    {
      const cuda::ContextUse use{number};
      ASSERT_TRUE(use);
      end = std::thread{[&] {
        MUST(W(cuCtxDestroy_v2)(other));
        was_used = is_used.load();
      }};
      while (cuda::seen_context(number).life == Life::Alive) std::this_thread::yield();
      EXPECT_FALSE(cuda::ContextUse{number}) << "nobody begins to use it";
      std::this_thread::sleep_for(std::chrono::milliseconds{20});
      is_used = false;
    }
    end.join();
    EXPECT_FALSE(was_used);
    EXPECT_FALSE(cuda::ContextUse{number});
  });
}

TEST(ContextsSeen, AnEndThatTheDriverRefusesIsNone) {
  in_context([] {
    const int number = cuda::current_context();
    D(simcuda_fail)("cuCtxDestroy", 1, 1, CUDA_ERROR_UNKNOWN, 0);
    EXPECT_EQ(W(cuCtxDestroy_v2)(current()), CUDA_ERROR_UNKNOWN);
    EXPECT_EQ(cuda::current_context(), number);
    EXPECT_TRUE(cuda::ContextUse{number});
  });
}

}  // namespace
