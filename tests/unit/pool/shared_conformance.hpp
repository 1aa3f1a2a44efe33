// What holds for a SharedPool over any source: a setup (pool_fixture.hpp) per source, in both modes of freeing.
//
//   INSTANTIATE_TYPED_TEST_SUITE_P(Plain, SharedPoolOverAnySource, PlainSetup);
#pragma once

#include <set>
#include <vector>

#include "unit/pool/pool_fixture.hpp"

namespace weir::pool::test {

template <class Setup>
class SharedPoolOverAnySource : public testing::Test {
 protected:
  static constexpr FreeMode kBoth[] = {FreeMode::Strict, FreeMode::Deferred};
};
TYPED_TEST_SUITE_P(SharedPoolOverAnySource);

TYPED_TEST_P(SharedPoolOverAnySource, AFreedBlockServesTheNextRequestOfItsSize) {
  for (const FreeMode mode : this->kBoth) {
    Program<TypeParam> program{mode};
    for (const std::uint64_t bytes : {1UL, 511UL, 512UL, 4097UL, 100'000UL, 3 * kMiB, 100 * kMiB + 5}) {
      const std::uint64_t address = program.allocate(bytes);
      ASSERT_NE(address, 0U);
      EXPECT_EQ(program.free(address), Code::Success);
      program.synchronise();
      const std::uint64_t misses = program.record.misses;
      EXPECT_EQ(program.allocate(bytes), address) << bytes;
      EXPECT_EQ(program.record.misses, misses);
    }
  }
}

TYPED_TEST_P(SharedPoolOverAnySource, LiveBlocksAreDistinctAndLargeEnough) {
  Program<TypeParam> program;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> blocks;
  for (std::uint64_t i = 1; i != 400; ++i) {
    const std::uint64_t bytes = i * i * 37 % 70'000 + 1, address = program.allocate(bytes, 1 + i % 2);
    ASSERT_NE(address, 0U);
    EXPECT_EQ(program.pool->requested_of(address), bytes);
    blocks.emplace_back(address, bytes);
  }
  std::sort(blocks.begin(), blocks.end());
  for (std::size_t i = 1; i != blocks.size(); ++i)
    EXPECT_GE(blocks[i].first, blocks[i - 1].first + blocks[i - 1].second);
}

TYPED_TEST_P(SharedPoolOverAnySource, ABlockIsNotHandedOutWhileEarlierWorkMayTouchIt) {
  for (const FreeMode mode : this->kBoth) {
    Program<TypeParam> program{mode};
    for (int i = 0; i != 200; ++i) {
      const std::uint64_t address = program.allocate(kMiB);
      program.world.submit(1, address, i % FakeWorld::kLanes);
      EXPECT_EQ(program.free(address), Code::Success);
      if (i % 7 == 0) program.world.step(1, i / 7 % FakeWorld::kLanes);
      EXPECT_NE(program.allocate(kMiB), 0U);  // judged
    }
  }
}

TYPED_TEST_P(SharedPoolOverAnySource, WhereOthersMayTouchABlockAMarkHasToProveIt) {
  for (const FreeMode mode : this->kBoth) {
    Program<TypeParam> program{mode};
    program.world.has_strangers = true;
    for (int i = 0; i != 200; ++i) {
      const std::uint64_t address = program.allocate(i % 2 == 0 ? kMiB : 5000);
      program.world.submit(i % 3 == 0 ? 11 : 1, address, i % FakeWorld::kLanes);
      EXPECT_EQ(program.free(address), Code::Success);
      if (i % 7 == 0) program.world.step(i % 14 == 0 ? 11 : 1, i / 7 % FakeWorld::kLanes);
      EXPECT_NE(program.allocate(i % 2 == 0 ? kMiB : 5000), 0U);  // judged
    }
    program.world.has_strangers = false;
    program.world.complete(11);
  }
}

TYPED_TEST_P(SharedPoolOverAnySource, AnAbandonedPlaceKeepsNothing) {
  for (const FreeMode mode : this->kBoth) {
    Program<TypeParam> program{mode};
    const std::uint64_t live = program.allocate(kMiB), part = program.allocate(4096);
    std::vector<std::uint64_t> blocks;
    for (std::uint64_t i = 0; i != 40; ++i) blocks.push_back(program.allocate(i % 2 == 0 ? kMiB : 4096));
    program.world.may_release_waiting = true;
    program.world.has_strangers = true;
    for (const std::uint64_t address : blocks) {
      program.world.submit(11, address);
      program.free(address);
    }
    program.world.is_capturing = true;
    auto asked = program.source();
    program.pool->abandon(asked, program.domain(1));
    EXPECT_EQ(program.world.calls(Fn::Release), 0U) << "a stream is captured";
    program.world.is_capturing = false;
    program.pool->abandon(asked, program.domain(1));
    EXPECT_EQ(program.held().idle + program.held().pending, 0U);
    for (const std::uint64_t address : {live, part, program.allocate(kMiB), program.allocate(4096)}) {
      program.world.submit(11, address);
      EXPECT_EQ(program.free(address), Code::Success);
      EXPECT_FALSE(program.pool->owns(address));
    }
    EXPECT_EQ(program.world.granted_blocks(), 0U);
    program.end_place(1);
    EXPECT_EQ(program.free(program.allocate(kMiB)), Code::Success);
    EXPECT_EQ(program.held().idle + program.held().pending, kMiB) << "in its next life";
    program.world.has_strangers = false;
  }
}

TYPED_TEST_P(SharedPoolOverAnySource, ASecondFreeIsRefused) {
  for (const FreeMode mode : this->kBoth) {
    Program<TypeParam> program{mode};
    const std::uint64_t address = program.allocate(5000);
    EXPECT_EQ(program.free(address), Code::Success);
    EXPECT_EQ(program.free(address), Code::NoSuchBlock);
    EXPECT_TRUE(program.was_ours);
    EXPECT_TRUE(program.pool->owns(address));
    EXPECT_EQ(program.pool->requested_of(address), 0U);
    program.synchronise();
    EXPECT_EQ(program.free(address), Code::NoSuchBlock);
  }
}

TYPED_TEST_P(SharedPoolOverAnySource, ARequestThatIsNoneIsTheSources) {
  Program<TypeParam> program;
  EXPECT_EQ(program.allocate(0), 0U);
  EXPECT_EQ(program.code, Code::Failed);
  program.world.capacity = kGiB;
  EXPECT_EQ(program.allocate(kMostBytes + 1), 0U);
  EXPECT_EQ(program.code, Code::NoMemory);
}

TYPED_TEST_P(SharedPoolOverAnySource, BlocksStayWithTheirPlace) {
  for (const FreeMode mode : this->kBoth) {
    Program<TypeParam> program{mode};
    const std::uint64_t here = program.allocate(kMiB, 1);
    program.free(here);
    program.synchronise(1);
    EXPECT_NE(program.allocate(kMiB, 2), here);
    EXPECT_EQ(program.allocate(kMiB, 1), here);
  }
}

TYPED_TEST_P(SharedPoolOverAnySource, AnExportedBlockIsNotHandedOutAgain) {
  for (const FreeMode mode : this->kBoth) {
    Program<TypeParam> program{mode};
    const std::uint64_t address = program.allocate(2 * kMiB);
    EXPECT_TRUE(program.pool->mark_exported(address));
    EXPECT_EQ(program.free(address), Code::Success);
    EXPECT_FALSE(program.pool->owns(address));
    EXPECT_FALSE(program.pool->mark_exported(address));
    EXPECT_EQ(program.record.exported_frees, 1U);
    EXPECT_EQ(program.held().idle + program.held().pending, 0U);
  }
}

TYPED_TEST_P(SharedPoolOverAnySource, TheBoundOnIdleBytesHolds) {
  for (const FreeMode mode : this->kBoth) {
    Program<TypeParam> program{mode};
    program.policy.idle_max = 3 * kMiB;
    std::vector<std::uint64_t> blocks;
    for (std::uint64_t i = 0; i != 64; ++i) blocks.push_back(program.allocate(i * 10'000 + 1));
    for (const std::uint64_t address : blocks) program.free(address);  // judged
    program.synchronise();
    EXPECT_LE(program.held().idle, 3 * kMiB);
    EXPECT_GT(program.record.shed_blocks, 0U);
  }
}

TYPED_TEST_P(SharedPoolOverAnySource, ThePlacesEndTakesItsBlocksAlong) {
  for (const FreeMode mode : this->kBoth) {
    Program<TypeParam> program{mode};
    const std::uint64_t live = program.allocate(kMiB), freed = program.allocate(kMiB);
    program.free(freed);
    program.end_place(1);
    EXPECT_FALSE(program.pool->owns(live));
    EXPECT_FALSE(program.pool->owns(freed));
    EXPECT_EQ(program.held().live + program.held().idle + program.held().pending, 0U);
    EXPECT_NE(program.allocate(kMiB), 0U);  // in the next life
    EXPECT_EQ(program.record.misses, 3U);
  }
}

TYPED_TEST_P(SharedPoolOverAnySource, DuringACaptureNothingIsAsked) {
  for (const FreeMode mode : this->kBoth) {
    Program<TypeParam> program{mode};
    const std::uint64_t idle = program.allocate(kMiB), freed = program.allocate(kMiB);
    program.free(idle);
    program.synchronise();
    program.world.is_capturing = true;
    EXPECT_EQ(program.allocate(kMiB), idle);
    EXPECT_EQ(program.free(freed), Code::Success);
    EXPECT_EQ(program.pool->owns(freed), mode == FreeMode::Deferred);
    EXPECT_NE(program.allocate(kMiB), 0U);
    program.world.is_capturing = false;
    program.synchronise();
  }
}

TYPED_TEST_P(SharedPoolOverAnySource, WhatThePoolHoldsIsNotWhatTheProgramLacks) {
  for (const FreeMode mode : this->kBoth) {
    Program<TypeParam> program{mode};
    program.world.capacity = 64 * kMiB;
    for (const std::uint64_t bytes : {2 * kMiB, 4 * kMiB, 16 * kMiB, 64 * kMiB}) {
      std::vector<std::uint64_t> blocks;
      for (std::uint64_t used = 0; used != 64 * kMiB; used += bytes) {
        blocks.push_back(program.allocate(bytes));
        ASSERT_NE(blocks.back(), 0U) << bytes << " at " << used;
      }
      for (const std::uint64_t address : blocks) program.free(address);
    }
  }
}

REGISTER_TYPED_TEST_SUITE_P(SharedPoolOverAnySource, AFreedBlockServesTheNextRequestOfItsSize,
                            LiveBlocksAreDistinctAndLargeEnough,
                            ABlockIsNotHandedOutWhileEarlierWorkMayTouchIt, WhereOthersMayTouchABlockAMarkHasToProveIt, AnAbandonedPlaceKeepsNothing, ASecondFreeIsRefused,
                            ARequestThatIsNoneIsTheSources, BlocksStayWithTheirPlace,
                            AnExportedBlockIsNotHandedOutAgain, TheBoundOnIdleBytesHolds,
                            ThePlacesEndTakesItsBlocksAlong, DuringACaptureNothingIsAsked,
                            WhatThePoolHoldsIsNotWhatTheProgramLacks);

}  // namespace weir::pool::test
