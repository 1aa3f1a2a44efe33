// The locks: one holder at a time, and what it wrote is seen by the next.
#include "core/platform/lock.hpp"
#include "core/platform/brief_lock.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstring>
#include <thread>
#include <vector>

namespace weir::platform {
namespace {

template <class L>
class Locks : public ::testing::Test {};
using Kinds = ::testing::Types<Lock, BriefLock>;
TYPED_TEST_SUITE(Locks, Kinds);

TYPED_TEST(Locks, AllZeroIsUnlocked) {
  alignas(TypeParam) unsigned char bytes[sizeof(TypeParam)]{};
  TypeParam lock;
  EXPECT_EQ(std::memcmp(&lock, bytes, sizeof(TypeParam)), 0);
}

TYPED_TEST(Locks, LetsOneThreadInAtATime) {
  TypeParam lock;
  std::uint64_t sum = 0;  // not atomic: the lock is what protects it
  int inside = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t != 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i != 20'000; ++i) {
        const Holding hold{lock};
        EXPECT_EQ(inside++, 0);
        ++sum;
        --inside;
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(sum, 80'000U);
}

TYPED_TEST(Locks, WakesEveryWaiter) {
  TypeParam lock;
  int passed = 0;
  lock.lock();
  std::vector<std::thread> threads;
  for (int t = 0; t != 8; ++t)
    threads.emplace_back([&] {
      const Holding hold{lock};
      ++passed;
    });
  std::this_thread::sleep_for(std::chrono::milliseconds{30});  // most of them sleep in the kernel by now
  EXPECT_EQ(passed, 0);
  lock.unlock();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(passed, 8);
}

TYPED_TEST(Locks, ResetFreesIt) {
  TypeParam lock;
  lock.lock();
  lock.reset();
  const Holding hold{lock};
}

}  // namespace
}  // namespace weir::platform
