// The lock-free set: what was entered is found, by readers of every table it ever had.
#include "core/track/hash_index.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "core/base/bits.hpp"

namespace weir::track {
namespace {

HashKey key_of(std::uint32_t n) { return {mix(n), n}; }

TEST(HashIndex, AllZeroIsEmpty) {
  HashIndex index{};
  EXPECT_EQ(index.find(key_of(1)), 0U);
  EXPECT_EQ(index.own_bytes(), 0U);
  index.clear();
  EXPECT_EQ(index.find({0, 0}), 0U);
}

TEST(HashIndex, FindsWhatWasEnteredThroughEveryGrowth) {
  HashIndex index{};
  constexpr std::uint32_t kMany = 20'000;
  for (std::uint32_t n = 1; n <= kMany; ++n) {
    ASSERT_TRUE(index.insert(key_of(n), n));
    ASSERT_EQ(index.find(key_of(n)), n);
  }
  for (std::uint32_t n = 1; n <= kMany; ++n) ASSERT_EQ(index.find(key_of(n)), n);
  for (std::uint32_t n = kMany + 1; n <= 2 * kMany; ++n) ASSERT_EQ(index.find(key_of(n)), 0U);
}

TEST(HashIndex, TellsKeysApartThatDifferInOneHalf) {
  HashIndex index{};
  for (const HashKey& key : {HashKey{7, 1}, HashKey{7, 2}, HashKey{7 + 4096, 1}})
    ASSERT_TRUE(index.insert(key, key.low + static_cast<std::uint32_t>(key.high)));
  EXPECT_EQ(index.find({7, 1}), 8U);
  EXPECT_EQ(index.find({7, 2}), 9U);
  EXPECT_EQ(index.find({7 + 4096, 1}), 7U + 4096 + 1);
  EXPECT_EQ(index.find({7, 3}), 0U);
}

TEST(HashIndex, WrapsAroundItsEnd) {
  HashIndex index{};
  for (std::uint32_t n = 1; n <= 500; ++n) ASSERT_TRUE(index.insert({~std::uint64_t{0}, n}, n));
  for (std::uint32_t n = 1; n <= 500; ++n) EXPECT_EQ(index.find({~std::uint64_t{0}, n}), n);
}

TEST(HashIndex, ForgetsAllWhenCleared) {
  HashIndex index{};
  for (std::uint32_t n = 1; n <= 3000; ++n) ASSERT_TRUE(index.insert(key_of(n), n));
  index.clear();
  for (std::uint32_t n = 1; n <= 3000; ++n) EXPECT_EQ(index.find(key_of(n)), 0U);
  ASSERT_TRUE(index.insert(key_of(5), 55));
  EXPECT_EQ(index.find(key_of(5)), 55U);
}

TEST(HashIndex, OwnsAllItsTablesTogetherTwiceTheLast) {
  HashIndex index{};
  ASSERT_TRUE(index.insert(key_of(1), 1));
  const std::uint64_t first = index.own_bytes();
  for (std::uint32_t n = 2; n <= 1366; ++n) ASSERT_TRUE(index.insert(key_of(n), n));  // more than two thirds of 2048
  EXPECT_NEAR(static_cast<double>(index.own_bytes()), 3.0 * static_cast<double>(first), 64.0);
}

TEST(HashIndex, ReadersSeeAllThatWasPublishedWhileItGrows) {
  HashIndex index{};
  constexpr std::uint32_t kMany = 60'000;
  std::atomic<std::uint32_t> published{0};
  std::atomic<int> wrong{0};
  std::vector<std::thread> readers;
  for (int t = 0; t != 3; ++t)
    readers.emplace_back([&, t] {
      std::uint32_t n = static_cast<std::uint32_t>(t);
      for (std::uint32_t upper = 0; upper != kMany; n += 7919) {
        upper = published.load(std::memory_order_acquire);
        if (upper == 0) continue;
        const std::uint32_t known = 1 + n % upper;
        if (index.find(key_of(known)) != known) ++wrong;
        const std::uint32_t ahead = upper + 1 + n % 1000;  // not there yet, or just being entered
        const std::uint32_t found = index.find(key_of(ahead));
        if (found != 0 && found != ahead) ++wrong;
      }
    });
  for (std::uint32_t n = 1; n <= kMany; ++n) {
    EXPECT_TRUE(index.insert(key_of(n), n));
    published.store(n, std::memory_order_release);
  }
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace weir::track
