// The arithmetic of pools, without a driver: who may use a freed block, and when a segment may go.
#include "memory/pool_blocks.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace {

using simcuda::memory::Order;
using simcuda::memory::PoolBlocks;
using simcuda::memory::Reuse;

constexpr std::size_t kSegment = 1 << 20;

PoolBlocks::Take wants(std::size_t bytes, std::uint64_t stream, Reuse reuse = {}) {
  return {.bytes = bytes, .stream = stream, .reuse = reuse, .follows = {}};
}

struct PoolBlocksTest : ::testing::Test {
  PoolBlocks blocks;
  void SetUp() override { blocks.add_segment(0x100000, kSegment); }
  void TearDown() override { EXPECT_TRUE(blocks.is_consistent()); }
};

TEST_F(PoolBlocksTest, ABlockIsRoundedToTheGranuleAndCounted) {
  auto taken = blocks.take(wants(1, 7));
  ASSERT_TRUE(taken);
  EXPECT_EQ(blocks.used_bytes(), PoolBlocks::kGranule);
  EXPECT_EQ(blocks.used_block(taken->base)->second.requested, 1U);
}

TEST_F(PoolBlocksTest, TheStreamThatFreedMayUseTheBlockBeforeTheFreeIsExecuted) {
  auto first = blocks.take(wants(kSegment, 7));
  ASSERT_TRUE(blocks.free_in_order(first->base, {7, 1}));
  EXPECT_FALSE(blocks.take(wants(kSegment, 8)));
  auto again = blocks.take(wants(kSegment, 7));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->base, first->base);
}

TEST_F(PoolBlocksTest, AnotherStreamMayUseTheBlockOnceTheFreeIsExecuted) {
  auto first = blocks.take(wants(kSegment, 7));
  ASSERT_TRUE(blocks.free_in_order(first->base, {7, 1}));
  blocks.complete(first->base, kSegment, {7, 1});
  EXPECT_TRUE(blocks.take(wants(kSegment, 8)));
}

TEST_F(PoolBlocksTest, WithoutOpportunismAnotherStreamWaitsForTheHostToSeeTheFree) {
  Reuse strict{.opportunistic = false};
  auto first = blocks.take(wants(kSegment, 7));
  ASSERT_TRUE(blocks.free_in_order(first->base, {7, 1}));
  blocks.complete(first->base, kSegment, {7, 1});
  EXPECT_FALSE(blocks.take(wants(kSegment, 8, strict)));
  blocks.observe(7);
  EXPECT_TRUE(blocks.take(wants(kSegment, 8, strict)));
}

TEST_F(PoolBlocksTest, AStreamThatWaitsForTheFreeMayUseTheBlock) {
  auto first = blocks.take(wants(kSegment, 7));
  ASSERT_TRUE(blocks.free_in_order(first->base, {7, 4}));
  auto wanted = wants(kSegment, 8);
  wanted.follows = [](Order order) { return order.stream == 7 && order.ticket <= 4; };
  wanted.reuse.follow_event_dependencies = false;
  EXPECT_FALSE(blocks.take(wanted));
  wanted.reuse.follow_event_dependencies = true;
  EXPECT_TRUE(blocks.take(wanted));
}

TEST_F(PoolBlocksTest, ByWaitingTheOrderToWaitForIsNamed) {
  auto first = blocks.take(wants(kSegment, 7));
  ASSERT_TRUE(blocks.free_in_order(first->base, {7, 9}));
  EXPECT_FALSE(blocks.take_by_waiting(wants(kSegment, 8, {.internal_dependencies = false})));
  auto taken = blocks.take_by_waiting(wants(kSegment, 8));
  ASSERT_TRUE(taken && taken->wait_for);
  EXPECT_EQ(taken->wait_for->stream, 7U);
  EXPECT_EQ(taken->wait_for->ticket, 9U);
}

TEST_F(PoolBlocksTest, ALateCompletionDoesNotTouchTheNextUserOfTheBlock) {
  auto first = blocks.take(wants(kSegment, 7));
  ASSERT_TRUE(blocks.free_in_order(first->base, {7, 1}));
  ASSERT_TRUE(blocks.take(wants(kSegment / 2, 7)));  // the rest is still pending
  blocks.complete(first->base, kSegment, {7, 1});
  EXPECT_EQ(blocks.used_bytes(), kSegment / 2);
  EXPECT_TRUE(blocks.take(wants(kSegment / 2, 8)));
}

TEST_F(PoolBlocksTest, NeighboursFreedInOneStreamServeAsOneBlock) {
  auto left = blocks.take(wants(kSegment / 2, 7));
  auto right = blocks.take(wants(kSegment / 2, 7));
  ASSERT_TRUE(blocks.free_in_order(left->base, {7, 1}));
  ASSERT_TRUE(blocks.free_in_order(right->base, {7, 2}));
  blocks.complete(left->base, kSegment / 2, {7, 1});
  EXPECT_FALSE(blocks.take(wants(kSegment, 8))) << "the later of the two frees decides";
  blocks.complete(right->base, kSegment / 2, {7, 2});
  EXPECT_TRUE(blocks.take(wants(kSegment, 8)));
}

TEST_F(PoolBlocksTest, AFreeIsRefusedForWhatIsNotTheBaseOfAUsedBlock) {
  auto taken = blocks.take(wants(4096, 7));
  EXPECT_FALSE(blocks.free_now(taken->base + 512));
  EXPECT_TRUE(blocks.free_now(taken->base));
  EXPECT_FALSE(blocks.free_now(taken->base));
  EXPECT_FALSE(blocks.free_in_order(taken->base, {7, 1}));
}

TEST_F(PoolBlocksTest, TrimKeepsSegmentsWithUsedOrUnseenBlocksAndTheBytesToKeep) {
  blocks.add_segment(0x900000, kSegment);
  auto taken = blocks.take(wants(kSegment, 7));
  std::vector<PoolBlocks::Address> given;
  auto give = [&](PoolBlocks::Address base, std::size_t) { given.push_back(base); };
  EXPECT_EQ(blocks.trim(2 * kSegment, give), 0U);
  EXPECT_EQ(blocks.trim(0, give), kSegment);
  ASSERT_TRUE(blocks.free_in_order(taken->base, {7, 1}));
  blocks.complete(taken->base, kSegment, {7, 1});
  EXPECT_EQ(blocks.trim(0, give), 0U) << "the host has not seen the free";
  blocks.observe(0);
  EXPECT_EQ(blocks.trim(0, give), kSegment);
  EXPECT_EQ(blocks.reserved_bytes(), 0U);
  EXPECT_EQ(given.size(), 2U);
}

TEST_F(PoolBlocksTest, SegmentsThatTouchDoNotMerge) {
  blocks.add_segment(0x100000 + kSegment, kSegment);
  auto one = blocks.take(wants(kSegment, 7)), two = blocks.take(wants(kSegment, 7));
  ASSERT_TRUE(blocks.free_now(one->base) && blocks.free_now(two->base));
  EXPECT_FALSE(blocks.take(wants(2 * kSegment, 7)));
}

TEST_F(PoolBlocksTest, AnyHistoryLeavesTheSegmentsTiled) {
  std::mt19937 random(20250801);
  std::vector<std::pair<PoolBlocks::Address, std::size_t>> used;
  std::vector<std::tuple<PoolBlocks::Address, std::size_t, Order>> queued;
  std::uint64_t ticket = 0;
  for (int i = 0; i < 4000; ++i) {
    std::uint64_t stream = 1 + random() % 3;
    switch (random() % 4) {
      case 0:
      case 1: {
        std::size_t bytes = 1 + random() % 60000;
        if (auto taken = blocks.take(wants(bytes, stream))) used.emplace_back(taken->base, bytes);
        break;
      }
      case 2: {
        if (used.empty()) break;
        std::swap(used[random() % used.size()], used.back());
        auto [base, bytes] = used.back();
        used.pop_back();
        Order order{stream, ++ticket};
        ASSERT_TRUE(blocks.free_in_order(base, order));
        queued.emplace_back(base, bytes, order);
        break;
      }
      default:
        for (auto [base, bytes, order] : queued) blocks.complete(base, bytes, order);
        queued.clear();
        if (random() % 2 == 0) blocks.observe(0);
    }
    ASSERT_TRUE(blocks.is_consistent()) << "step " << i;
  }
}

}  // namespace
