// Counters of one thread, that a signal handler on it may interrupt; and counters of all threads.
#include "core/base/tally.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/time.h>

#include <limits>
#include <thread>
#include <vector>

namespace weir {
namespace {

TEST(AddOwn, AddsSmallAndLargeAmounts) {
  std::uint64_t counter = 0;
  add_own(counter, 1);
  add_own(counter, 0x7fff'ffff);
  add_own(counter, 0x1'0000'0000'0000);
  EXPECT_EQ(counter, 0x1'0000'8000'0000U);
  add_own(counter, ~std::uint64_t{0});
  EXPECT_EQ(counter, 0x1'0000'7fff'ffffU);
}

TEST(AddOwn, SumsGoBelowZeroAndBack) {
  std::int64_t sum = 5;
  add_own(sum, std::int64_t{-8});
  EXPECT_EQ(sum, -3);
  add_own(sum, std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(sum, std::numeric_limits<std::int64_t>::max() - 3);
}

std::uint64_t g_counter = 0;
volatile std::uint64_t g_in_handler = 0;
void count_in_handler(int) {
  add_own(g_counter, 1);
  g_in_handler = g_in_handler + 1;
}

TEST(AddOwn, LosesNothingToAHandlerOnTheSameThread) {
  struct sigaction action {}, before {};
  action.sa_handler = count_in_handler;
  ASSERT_EQ(sigaction(SIGVTALRM, &action, &before), 0);
  const itimerval often{.it_interval = {0, 200}, .it_value = {0, 200}}, off{};
  ASSERT_EQ(setitimer(ITIMER_VIRTUAL, &often, nullptr), 0);
  std::uint64_t here = 0;
  while (g_in_handler < 10 && here < 1'000'000'000) {
    for (int i = 0; i != 1000; ++i) add_own(g_counter, 1);
    here += 1000;
  }
  setitimer(ITIMER_VIRTUAL, &off, nullptr);
  sigaction(SIGVTALRM, &before, nullptr);
  EXPECT_EQ(g_counter, here + g_in_handler);
}

TEST(AddShared, LosesNothingBetweenThreads) {
  std::uint64_t counter = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t != 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i != 20'000; ++i) add_shared(counter, 3);
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(counter, 4U * 20'000 * 3);
}

TEST(StoreRelease, ShowsWhatWasWrittenBefore) {
  std::uint64_t value = 0;
  std::uint32_t ready = 0;
  std::thread writer{[&] {
    value = 42;
    store_release(ready, 1U);
  }};
  while (load_acquire(ready) == 0) std::this_thread::yield();
  EXPECT_EQ(value, 42U);
  writer.join();
}

}  // namespace
}  // namespace weir
