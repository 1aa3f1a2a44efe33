// Deferred: pending blocks become idle by a fence behind them, or by the program's own waiting, and by nothing else.
#include "unit/pool/pool_fixture.hpp"

namespace weir::pool::test {
namespace {

class SharedPoolMarks : public testing::Test {
 protected:
  /// So many pending blocks, each with work that is not done.
  std::uint64_t pend(int count, std::uint64_t bytes = kMiB) {
    std::uint64_t last = 0;
    std::vector<std::uint64_t> blocks;
    for (int i = 0; i != count; ++i) blocks.push_back(program.allocate(bytes));
    for (const std::uint64_t address : blocks) {
      program.world.submit(1, last = address);
      program.free(address);
    }
    return last;
  }
  Program<> program{FreeMode::Deferred};
};

TEST_F(SharedPoolMarks, AFenceProvesWhatWasFreedBeforeItWasPutAndNoMore) {
  const std::uint64_t late = program.allocate(kMiB);
  program.world.on_return = [&](Fn fn) {  // another thread, when the fence is there and the pool does not know yet
    if (fn != Fn::Mark) return;
    program.world.on_return = [](Fn) {};
    program.world.submit(1, late, 3);
    program.free(late);
  };
  pend(32);
  EXPECT_EQ(program.record.marks, 1U);
  while (program.world.step(1, 0)) {
  }
  for (int i = 0; i != 33; ++i) EXPECT_NE(program.allocate(kMiB), late);  // judged
  EXPECT_EQ(program.record.retired_by_fence, 32U);
}

TEST_F(SharedPoolMarks, AMissLooksAtTheOldestUntilOneIsNotDone) {
  pend(96);
  for (int i = 0; i != 64; ++i) program.world.step(1, 0);
  EXPECT_NE(program.allocate(8 * kMiB), 0U);
  EXPECT_EQ(program.record.looks, 3U);
  EXPECT_EQ(program.record.retired_by_fence, 64U);
  EXPECT_EQ(program.world.fences(), 1U);
}

TEST_F(SharedPoolMarks, AMissThatAPendingBlockWouldServePutsOne) {
  const std::uint64_t dear = pend(1);
  EXPECT_NE(program.allocate(kMiB), dear);
  EXPECT_EQ(program.record.marks, 1U) << "a dear one";
  pend(15, 4096);
  const std::uint64_t marks = program.record.marks;
  program.allocate(4096);
  EXPECT_EQ(program.record.marks, marks) << "cheap ones, and few";
  pend(1, 4096);
  program.allocate(8192);
  EXPECT_EQ(program.record.marks, marks) << "none that fits";
  program.allocate(4096);
  EXPECT_EQ(program.record.marks, marks + 1) << "cheap ones, and many";
}

TEST_F(SharedPoolMarks, OneBehindOthersThatAreNotDoneIsNotLookedAt) {
  const std::uint64_t first = program.allocate(kMiB), second = program.allocate(kMiB);
  program.world.submit(1, first);
  program.free(first);
  program.allocate(kMiB);
  EXPECT_EQ(program.record.looks, 1U);
  program.free(second);
  program.allocate(kMiB);
  EXPECT_EQ(program.record.marks, 2U);
  EXPECT_EQ(program.record.looks, 2U) << "the older one";
}

TEST_F(SharedPoolMarks, WhatIsDoneAlreadyIsFoundAtOnce) {
  const std::uint64_t address = pend(1);
  program.world.complete(1);
  EXPECT_EQ(program.allocate(kMiB), address);
  EXPECT_EQ(program.record.retired_by_fence, 1U);
}

TEST_F(SharedPoolMarks, TheProgramsOwnWaitProvesWhatWasFreedBeforeIt) {
  const std::uint64_t before = program.allocate(kMiB), meanwhile = program.allocate(kMiB);
  program.free(before);
  const std::uint64_t upto = program.pool->newest_free(program.domain(1));
  program.world.complete(1);
  program.world.submit(1, meanwhile);
  program.free(meanwhile);
  FakeSource source = program.source();
  program.pool->settled(source, program.domain(1), upto);
  EXPECT_EQ(program.held().idle, kMiB);
  EXPECT_EQ(program.held().pending, kMiB);
  EXPECT_EQ(program.record.retired_by_program, 1U);
  EXPECT_EQ(program.allocate(kMiB), before);
  EXPECT_NE(program.allocate(kMiB), meanwhile);
}

TEST_F(SharedPoolMarks, AnOldWaitProvesNothingMore) {
  const std::uint64_t upto = program.pool->newest_free(program.domain(1));
  pend(1);
  FakeSource source = program.source();
  program.pool->settled(source, program.domain(1), upto);
  EXPECT_EQ(program.held().idle, 0U);
}

TEST_F(SharedPoolMarks, FencesThatAreNotNeededAnyMoreAreDropped) {
  pend(64);
  EXPECT_EQ(program.world.fences(), 2U);
  program.synchronise();
  EXPECT_EQ(program.world.fences(), 0U);
  EXPECT_EQ(program.record.retired_by_program, 64U);
}

TEST_F(SharedPoolMarks, AFenceThatIsLookedAtMeanwhileIsDroppedOnce) {
  pend(32);
  program.world.on_call = [&](Fn fn) {
    if (fn != Fn::Look) return;
    program.world.on_call = [](Fn) {};
    program.world.fail(Fn::Look, 1, Code::NotNow);
    program.synchronise();
  };
  EXPECT_NE(program.allocate(8 * kMiB), 0U);
  EXPECT_EQ(program.world.fences(), 0U);
  EXPECT_EQ(program.held().idle, 32 * kMiB);
}

TEST_F(SharedPoolMarks, AWaitDuringACaptureCountsWhenItIsOver) {
  const std::uint64_t address = pend(1);
  program.world.is_capturing = true;
  program.synchronise();
  EXPECT_EQ(program.held().idle, 0U) << "the bound could not be kept";
  program.world.is_capturing = false;
  EXPECT_EQ(program.allocate(kMiB), address);
  EXPECT_EQ(program.record.marks, 0U);
}

TEST_F(SharedPoolMarks, ThereAreNoMoreThanTheRingHolds) {
  pend(32 * 80);
  EXPECT_EQ(program.record.marks, 64U);
  program.world.complete(1);
  EXPECT_NE(program.allocate(kMiB), 0U);
  pend(32);
  EXPECT_EQ(program.record.marks, 65U);
}

TEST_F(SharedPoolMarks, WhereThereAreManyTheYoungestProvesAllOthers) {
  const std::uint64_t last = pend(32 * 20);
  const std::uint64_t looks = program.record.looks;
  program.world.complete(1);
  EXPECT_NE(program.allocate(kMiB), 0U);
  EXPECT_EQ(program.allocate(kMiB), last) << "what was freed last comes first";
  EXPECT_EQ(program.record.looks, looks + 2);
  EXPECT_EQ(program.record.retired_by_fence, 32U * 20);
  EXPECT_EQ(program.world.fences(), 0U);
}

TEST_F(SharedPoolMarks, AFreeLooksWhereManyWereNotLookedAt) {
  std::vector<std::uint64_t> live;
  for (int i = 0; i != 32; ++i) live.push_back(program.allocate(kMiB));
  pend(32 * 9);
  program.world.complete(1);
  for (const std::uint64_t address : live) program.free(address);
  EXPECT_EQ(program.record.retired_by_fence, 32U * 10);
}

TEST_F(SharedPoolMarks, WhoPutsOneKeepsNobodyFromPuttingAYoungerOne) {
  program.world.on_call = [&](Fn fn) {  // the first thread loses its processor here
    if (fn != Fn::Mark) return;
    program.world.on_call = [](Fn) {};
    pend(32);
    EXPECT_EQ(program.record.marks, 1U);
    program.world.complete(1);
    EXPECT_NE(program.allocate(kMiB), 0U);
    EXPECT_EQ(program.record.retired_by_fence, 64U);
  };
  pend(32);
  EXPECT_EQ(program.record.marks, 2U);
  EXPECT_EQ(program.world.fences(), 0U) << "the older one proves nothing new";
}

TEST_F(SharedPoolMarks, WhoLooksAtOneKeepsNobodyFromAYoungerOne) {
  pend(32);
  program.world.on_call = [&](Fn fn) {  // the first thread loses its processor here
    if (fn != Fn::Look) return;
    program.world.on_call = [](Fn) {};
    pend(32);
    program.world.complete(1);
    EXPECT_NE(program.allocate(kMiB), 0U);
    EXPECT_EQ(program.record.retired_by_fence, 64U);
  };
  EXPECT_NE(program.allocate(kMiB), 0U);
  EXPECT_EQ(program.record.hits, 2U);
  EXPECT_EQ(program.world.fences(), 0U);
}

TEST_F(SharedPoolMarks, OneThatIsNotDoneGoesBackToItsPlace) {
  pend(64);
  program.world.on_call = [&](Fn fn) {  // the first thread has taken out the oldest, and another one the next
    if (fn != Fn::Look) return;
    program.world.on_call = [](Fn) {};
    EXPECT_NE(program.allocate(8 * kMiB), 0U);
  };
  EXPECT_NE(program.allocate(8 * kMiB), 0U);
  EXPECT_EQ(program.world.fences(), 2U);
  for (int i = 0; i != 32; ++i) program.world.step(1, 0);
  EXPECT_NE(program.allocate(8 * kMiB), 0U);
  EXPECT_EQ(program.record.retired_by_fence, 32U) << "the oldest is looked at first";
  EXPECT_EQ(program.world.fences(), 1U);
}

TEST_F(SharedPoolMarks, OneThatCannotBePutIsPutByTheNextThatNeedsIt) {
  program.world.fail(Fn::Mark, 1, Code::Failed);
  pend(32);
  EXPECT_EQ(program.record.marks, 0U);
  program.world.complete(1);
  EXPECT_NE(program.allocate(kMiB), 0U);
  EXPECT_EQ(program.record.marks, 1U);
  EXPECT_EQ(program.record.retired_by_fence, 32U);
}

TEST_F(SharedPoolMarks, OneThatCannotBePutIsNotTriedAtEachFree) {
  program.world.fail(Fn::Mark, 1, Code::Failed, 1000);
  pend(64);
  EXPECT_EQ(program.world.calls(Fn::Mark), 2U);
  EXPECT_EQ(program.record.marks, 0U);
}

TEST_F(SharedPoolMarks, ABrokenPlaceIsLeftToTheSource) {
  const std::uint64_t live = program.allocate(kMiB);
  pend(32);
  program.world.fail(Fn::Look, 1, Code::Failed);
  EXPECT_NE(program.allocate(kMiB), 0U);
  EXPECT_EQ(program.record.aside_allocs + program.record.misses, 34U);
  EXPECT_EQ(program.free(live), Code::Success);
  EXPECT_FALSE(program.pool->owns(live));
  EXPECT_EQ(program.held().pending, 32 * kMiB);
  program.end_place(1);
}

}  // namespace
}  // namespace weir::pool::test
