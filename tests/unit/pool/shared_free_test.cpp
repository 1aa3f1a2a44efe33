// Frees: what they wait for, what they ask, whose answer the program gets, and what happens meanwhile.
#include "unit/pool/pool_fixture.hpp"

namespace weir::pool::test {
namespace {

TEST(SharedPoolStrictFree, ReturnsWhenTheWorkIsDone) {
  Program<> program;
  const std::uint64_t address = program.allocate(kMiB);
  program.world.submit(1, address);
  program.world.on_call = [&](Fn) { program.world.clock_ns += 900; };
  EXPECT_EQ(program.free(address), Code::Success);
  EXPECT_FALSE(program.world.is_touched(address));
  EXPECT_EQ(program.world.calls(Fn::Wait), 1U);
  EXPECT_EQ(program.world.calls(Fn::Release), 0U);
  EXPECT_EQ(program.record.waits, 1U);
  EXPECT_EQ(program.record.wait_ns, 900U);
  EXPECT_EQ(program.record.frees, 1U);
}

// Others than those that the source waits for may touch a block.
TEST(SharedPoolStrictFree, WhereNotAllIsWaitedForTheBlockIsPendingUntilAMarkIsDone) {
  Program<> program;
  program.world.has_strangers = true;
  const std::uint64_t address = program.allocate(kMiB);
  program.world.submit(11, address);
  EXPECT_EQ(program.free(address), Code::Success);
  EXPECT_EQ(program.record.waits, 1U);
  EXPECT_EQ(program.held().pending, kMiB);
  EXPECT_NE(program.allocate(kMiB), address);
  EXPECT_EQ(program.record.marks, 1U);
  program.world.complete(11);
  EXPECT_EQ(program.allocate(kMiB), address);
  EXPECT_EQ(program.record.retired_by_fence, 1U);
}

TEST(SharedPoolStrictFree, WhereNotAllIsWaitedForMarksArePutAsFreesGoOn) {
  Program<> program;
  program.world.has_strangers = true;
  std::vector<std::uint64_t> blocks;
  for (int i = 0; i != 64; ++i) blocks.push_back(program.allocate(4096));
  for (const std::uint64_t address : blocks) program.free(address);
  EXPECT_EQ(program.record.marks, 2U);
  EXPECT_EQ(program.record.waits, 64U);
  // When there are no strangers any more a wait proves all that was freed before it.
  const std::uint64_t last = program.allocate(kMiB);
  program.world.has_strangers = false;
  program.free(last);
  EXPECT_EQ(program.held().pending, 0U);
}

TEST(SharedPoolStrictFree, WhatBecameTheOnlyPlaceDuringTheWaitProvesNothing) {
  Program<> program;
  program.world.has_strangers = true;
  const std::uint64_t address = program.allocate(kMiB);
  program.world.submit(11, address);
  program.world.on_call = [&](Fn fn) {
    if (fn == Fn::Wait) program.world.has_strangers = false;
  };
  program.free(address);
  program.world.has_strangers = true;
  EXPECT_NE(program.allocate(kMiB), address);
}

TEST(SharedPoolStrictFree, WhereTheWaitFailsTheAnswerIsTheSources) {
  Program<> program;
  const std::uint64_t address = program.allocate(kMiB);
  program.world.fail(Fn::Wait, 1, Code::Failed);
  EXPECT_EQ(program.free(address), Code::Success) << "as the driver's own free";
  EXPECT_EQ(program.world.granted_blocks(), 0U);
  EXPECT_EQ(program.record.aside_frees, 1U);
}

TEST(SharedPoolStrictFree, OfABlockLargerThanTheBoundGivesItBackAndKeepsTheOthers) {
  Program<> program;
  program.policy.idle_max = 4 * kMiB;
  const std::uint64_t small = program.allocate(kMiB), large = program.allocate(5 * kMiB);
  program.free(small);
  program.free(large);
  EXPECT_EQ(program.held().idle, kMiB);
  EXPECT_EQ(program.world.granted_blocks(), 1U);
}

TEST(SharedPoolStrictFree, OfABlockThatAnotherThreadIsFreeingIsRefused) {
  Program<> program;
  const std::uint64_t address = program.allocate(kMiB);
  Code second = Code::Success;
  program.world.on_call = [&](Fn fn) {
    if (fn == Fn::Wait) second = program.free(address);
  };
  EXPECT_EQ(program.free(address), Code::Success);
  EXPECT_EQ(second, Code::NoSuchBlock);
}

TEST(SharedPoolStrictFree, WhileACaptureBeginsOrThePlaceIsLeftKeepsNothing) {
  for (const bool is_capture : {true, false}) {
    Program<> program;
    const std::uint64_t address = program.allocate(kMiB);
    program.world.on_return = [&](Fn fn) {
      if (fn != Fn::Wait) return;
      if (is_capture) program.world.is_capturing = true;
      else program.pool->broke(program.domain(1));
    };
    EXPECT_EQ(program.free(address), Code::Success);
    EXPECT_EQ(program.held().idle, 0U);
    EXPECT_EQ(program.world.granted_blocks(), 0U);
  }
}

TEST(SharedPoolStrictFree, WhileThePlaceEndsTouchesNothingOfItsNextLife) {
  Program<> program;
  const std::uint64_t address = program.allocate(kMiB);
  program.world.on_return = [&](Fn fn) {
    if (fn != Fn::Wait) return;
    program.world.on_return = [](Fn) {};
    program.end_place(1);
    EXPECT_EQ(program.allocate(kMiB), address) << "the driver gives the address again";
  };
  EXPECT_EQ(program.free(address), Code::Success);
  EXPECT_EQ(program.pool->requested_of(address), kMiB) << "it is the new block's";
  EXPECT_EQ(program.world.calls(Fn::Release), 0U);
}

TEST(SharedPoolFree, RefusedByTheSourceLeavesTheBlockTheProgramsOwn) {
  for (const FreeMode mode : {FreeMode::Strict, FreeMode::Deferred}) {
    Program<> program{mode};
    const std::uint64_t address = program.allocate(5000);
    program.pool->mark_exported(address);
    program.world.fail(Fn::Release, 1, Code::Failed);
    EXPECT_EQ(program.free(address), Code::Failed);
    EXPECT_TRUE(program.was_ours);
    EXPECT_EQ(program.pool->requested_of(address), 5000U);
    EXPECT_EQ(program.record.live_blocks, 1);
    EXPECT_EQ(program.record.misses, 1U);
    EXPECT_EQ(program.free(address), Code::Success);
  }
}

TEST(SharedPoolFree, AnAddressThatIsGivenBackIsAnothersBeforeTheFreeReturns) {
  Program<> program;
  const std::uint64_t address = program.allocate(kMiB);
  program.pool->mark_exported(address);
  program.world.on_return = [&](Fn fn) {
    if (fn == Fn::Release) {
      EXPECT_EQ(program.allocate(kMiB), address);
    }
  };
  EXPECT_EQ(program.free(address), Code::Success);
  EXPECT_EQ(program.pool->requested_of(address), kMiB);
  EXPECT_EQ(program.record.live_blocks, 1);
  program.world.on_return = [](Fn) {};
}

TEST(SharedPoolFree, OfAForgottenBlockIsNotThePools) {
  Program<> program;
  const std::uint64_t address = program.allocate(kMiB);
  EXPECT_TRUE(program.pool->forget(address));
  EXPECT_FALSE(program.pool->forget(address));
  EXPECT_EQ(program.pool->requested_of(address), 0U);
  program.free(address);
  EXPECT_FALSE(program.was_ours);
}

TEST(SharedPoolDeferredFree, NeverWaitsAndAsksForAMarkNowAndThen) {
  Program<> program{FreeMode::Deferred};
  std::vector<std::uint64_t> blocks;
  for (int i = 0; i != 64; ++i) blocks.push_back(program.allocate(kMiB));
  for (std::size_t i = 0; i != 64; ++i) {
    program.world.submit(1, blocks[i]);
    program.free(blocks[i]);
    EXPECT_EQ(program.world.calls(Fn::Mark), (i + 1) / 32);
  }
  EXPECT_EQ(program.world.calls(Fn::Wait) + program.world.calls(Fn::Look), 0U);
  EXPECT_EQ(program.world.calls(Fn::Release), 0U);
  EXPECT_EQ(program.held().pending, 64 * kMiB);
}

TEST(SharedPoolDeferredFree, OfManyBytesPutsAMark) {
  Program<> program{FreeMode::Deferred};
  const std::uint64_t large = program.allocate(62 * kMiB), small = program.allocate(2 * kMiB);
  program.free(large);
  EXPECT_EQ(program.world.calls(Fn::Mark), 0U);
  program.free(small);
  EXPECT_EQ(program.world.calls(Fn::Mark), 1U);
}

TEST(SharedPoolDeferredFree, DuringACaptureQueuesAndOfAnotherPlaceIsTheSources) {
  Program<> program{FreeMode::Deferred};
  const std::uint64_t queued = program.allocate(kMiB), given = program.allocate(kMiB);
  program.world.is_capturing = true;
  program.free(queued);
  EXPECT_EQ(program.held().pending, kMiB);
  program.world.is_capturing = false;
  program.world.aside = 1;
  program.free(given);
  EXPECT_FALSE(program.pool->owns(given));
  EXPECT_EQ(program.record.aside_frees, 1U);
}

}  // namespace
}  // namespace weir::pool::test
