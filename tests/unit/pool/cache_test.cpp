// The blocks of one place: what is handed out, what is shed, and what the record says of it.
#include "core/pool/cache.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <vector>

#include "support/pool_history.hpp"

namespace weir::pool {
namespace {

constexpr std::uint64_t kMiB = 1U << 20;

class CacheTest : public ::testing::Test {
 protected:
  void begin(Classes classes) { cache_.begin(classes, &record_, bins_.data()); }
  Block* enter(std::uint64_t request, std::uint64_t bytes = 0) {
    Block& block = blocks_.emplace_back(Block{});
    block.address = blocks_.size() << 40;
    block.bytes = bytes != 0 ? bytes : class_bytes(cache_.classes(), request);
    block.requested = request;
    cache_.enter(&block);
    return &block;
  }
  Block* enter_idle(std::uint64_t request, std::uint64_t bytes = 0) {
    Block* const block = enter(request, bytes);
    cache_.keep(block);
    return block;
  }
  static std::vector<Block*> list(Block* block) {
    std::vector<Block*> out;
    for (; block != nullptr; block = block->next) out.push_back(block);
    return out;
  }
  Cache cache_{};
  profile::PoolRecord record_{};
  std::vector<profile::PoolClassRecord> bins_ = std::vector<profile::PoolClassRecord>(kBins);
  std::deque<Block> blocks_;
};

TEST_F(CacheTest, HandsOutTheLastFreedOfItsClass) {
  begin(Classes::Fine);
  Block* const first = enter_idle(1000);
  Block* const second = enter_idle(1024);
  enter_idle(1025);
  EXPECT_EQ(cache_.take(1024), second);
  EXPECT_EQ(cache_.take(961), first);
  EXPECT_EQ(first->requested, 961U);
  EXPECT_EQ(cache_.take(1024), nullptr) << "the class above is not touched";
}

TEST_F(CacheTest, ASmallerBlockThanItsClassServesWhatItHolds) {
  begin(Classes::Fine);
  enter_idle(1000, 1000);
  EXPECT_EQ(cache_.take(1001), nullptr);
  EXPECT_NE(cache_.take(1000), nullptr);
}

TEST_F(CacheTest, LargeRequestsGetTheBestFitWithinAnEighth) {
  begin(Classes::Fine);
  Block* const near = enter_idle(68 * kMiB);
  Block* const exact = enter_idle(66 * kMiB);
  enter_idle(76 * kMiB);
  EXPECT_EQ(cache_.take(65 * kMiB), exact);
  EXPECT_EQ(cache_.take(65 * kMiB), near);
  EXPECT_EQ(cache_.take(65 * kMiB), nullptr) << "76 MiB waste more than an eighth";
  EXPECT_NE(cache_.take(68 * kMiB), nullptr);
}

TEST_F(CacheTest, OfALargeBinTheSmallestThatFitsIsTaken) {
  begin(Classes::Fine);
  enter_idle(144 * kMiB);
  Block* const smallest = enter_idle(136 * kMiB);
  enter_idle(140 * kMiB);
  EXPECT_EQ(cache_.take(130 * kMiB), smallest);
}

TEST_F(CacheTest, Pow2ServesItsOwnClassOnly) {
  begin(Classes::Pow2);
  enter_idle(kMiB + 1);
  EXPECT_EQ(cache_.take(kMiB), nullptr);
  EXPECT_EQ(cache_.take(2 * kMiB + 1), nullptr);
  EXPECT_NE(cache_.take(2 * kMiB), nullptr);
}

TEST_F(CacheTest, ShedsTheLeastRecentlyUsed) {
  begin(Classes::Fine);
  Block* const oldest = enter_idle(512);
  Block* const middle = enter_idle(1024);
  Block* const newest = enter_idle(512);
  EXPECT_EQ(cache_.shed_beyond(2048), nullptr);
  ASSERT_EQ(cache_.take(512), newest);
  cache_.keep(newest);
  EXPECT_EQ(list(cache_.shed_beyond(512)), (std::vector{oldest, middle}));
  EXPECT_EQ(cache_.idle_bytes(), 512U);
  EXPECT_EQ(middle->state, State::Leaving);
}

TEST_F(CacheTest, ARestoredBlockIsTheLastToBeShed) {
  begin(Classes::Fine);
  Block* const first = enter_idle(512);
  Block* const second = enter_idle(512);
  ASSERT_EQ(list(cache_.shed_beyond(512)), std::vector{first});
  cache_.restore(first);
  EXPECT_EQ(list(cache_.shed_beyond(512)), std::vector{second});
}

TEST_F(CacheTest, WhatComesBackCountsForThePeak) {
  begin(Classes::Fine);
  Block* const first = enter_idle(512);
  Block* const second = enter(512);
  ASSERT_EQ(list(cache_.shed_beyond(0)), std::vector{first});
  cache_.leave(second);
  enter(1024);
  EXPECT_EQ(record_.peak_reserved, 1024);
  cache_.restore(first);
  EXPECT_EQ(record_.peak_reserved, 1536);
  cache_.resume(second);
  EXPECT_EQ(record_.peak_reserved, 2048);
  EXPECT_EQ(record_.misses, 3U) << "coming back is no miss";
}

TEST_F(CacheTest, ShedsJustEnough) {
  begin(Classes::Fine);
  Block* const small = enter_idle(4 * kMiB);
  Block* const large = enter_idle(20 * kMiB);
  Block* const fits = enter_idle(8 * kMiB);
  EXPECT_EQ(list(cache_.shed_for(6 * kMiB)), std::vector{fits});
  EXPECT_EQ(list(cache_.shed_for(21 * kMiB)), (std::vector{large, small})) << "the largest, then what covers the rest";
  EXPECT_EQ(cache_.shed_for(1), nullptr);
}

TEST_F(CacheTest, PendingIsProvenFromTheFront) {
  begin(Classes::Fine);
  Block* const first = enter(512);
  Block* const second = enter(512);
  Block* const third = enter(512);
  cache_.hold(second, 1);
  cache_.hold(first, 2);
  cache_.hold(third, 3);
  EXPECT_EQ(cache_.take(512), nullptr) << "nothing is proven";
  EXPECT_TRUE(cache_.has_pending_for(512));
  EXPECT_EQ(cache_.retire(2), 2U);
  EXPECT_EQ(cache_.take(512), first);
  EXPECT_EQ(cache_.take(512), second);
  EXPECT_EQ(cache_.take(512), nullptr);
  EXPECT_EQ(cache_.oldest_pending(), third);
}

TEST_F(CacheTest, TheEndTakesOnlyItsOwnOffTheRecord) {
  begin(Classes::Fine);
  Cache other{};
  other.begin(Classes::Fine, &record_, bins_.data());
  Block theirs{};
  theirs.bytes = theirs.requested = 512;
  other.enter(&theirs);
  enter(512);
  enter_idle(512);
  cache_.hold(enter(512), 1);
  cache_.end();
  EXPECT_EQ(record_.live_bytes, 512);
  EXPECT_EQ(record_.live_blocks, 1);
  EXPECT_EQ(record_.idle_blocks + record_.pending_blocks, 0);
  EXPECT_EQ(record_.peak_reserved, 2048);
  EXPECT_EQ(bins_[0].live_blocks, 1);
  EXPECT_EQ(bins_[0].idle_blocks + bins_[0].pending_blocks, 0);
  EXPECT_EQ(cache_.take(512), nullptr);
  cache_.keep(enter(512));
  EXPECT_NE(cache_.take(512), nullptr) << "it begins anew";
}

TEST_F(CacheTest, MoreBlocksThanASearchLooksAtAreStillFoundAndShed) {
  begin(Classes::Fine);
  for (int i = 0; i != 1000; ++i) enter_idle(17 * kMiB);
  for (int i = 0; i != 1000; ++i) ASSERT_NE(cache_.take(17 * kMiB), nullptr);
  for (Block& block : blocks_) cache_.keep(&block);
  EXPECT_EQ(list(cache_.shed_for(999 * 18 * kMiB)).size(), 999U);
}

class CacheHistory : public ::testing::TestWithParam<Classes> {};

TEST_P(CacheHistory, AgreesWithAModelAtEveryStep) {
  for (std::uint64_t seed = 1; seed != 13; ++seed) {
    std::mt19937_64 random{seed};
    test::PoolHistory history{GetParam()};
    // In half of them so few sizes that bins fill.
    const std::uint64_t sizes = seed % 2 == 0 ? 40 : 65536;
    for (int step = 0; step != 2000 / WEIR_TEST_STRIDE; ++step) {
      std::uint8_t what = static_cast<std::uint8_t>(random());
      if (what % 16 == 15 && random() % 8 != 0) what = 0;  // places seldom end
      history.step(what, static_cast<std::uint16_t>(random() % sizes), static_cast<std::uint8_t>(random()));
      ASSERT_EQ(history.wrong(), "") << "seed " << seed << ", step " << step;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(BothClasses, CacheHistory, ::testing::Values(Classes::Fine, Classes::Pow2));

}  // namespace
}  // namespace weir::pool
