// Requests: what serves them, what they cost, and what the pool makes of what the source grants.
#include "unit/pool/pool_fixture.hpp"

namespace weir::pool::test {
namespace {

TEST(SharedPoolAllocate, AHitAndADeferredFreeTakeTheLockOnceEach) {
  Program<> program{FreeMode::Deferred};
  const std::uint64_t first = program.allocate(kMiB);
  program.free(first);
  program.synchronise();
  FakeSource source = program.source();
  std::uint64_t address = 0, before = FakeLock::taken;
  EXPECT_EQ(program.pool->allocate(source, program.domain(1), kMiB, address), Code::Success);
  EXPECT_EQ(FakeLock::taken - before, 1U);
  bool is_ours = false;
  before = FakeLock::taken;
  EXPECT_EQ(program.pool->free(source, address, is_ours), Code::Success);
  EXPECT_EQ(FakeLock::taken - before, 1U);
}

TEST(SharedPoolAllocate, AMissIsCountedWithItsTime) {
  Program<> program;
  program.world.on_call = [&](Fn) { program.world.clock_ns += 700; };
  program.allocate(5000);
  EXPECT_EQ(program.record.misses, 1U);
  EXPECT_EQ(program.record.source_allocs, 1U);
  EXPECT_EQ(program.record.source_alloc_ns, 700U);
  EXPECT_EQ(program.classes[bin_of(5000)].source_ns, 700U);
  program.world.on_call = [](Fn) {};
}

TEST(SharedPoolAllocate, AFreshBlockHasTheSizeOfItsClass) {
  for (const Classes classes : {Classes::Fine, Classes::Pow2}) {
    Program<> program;
    program.policy.classes = classes;
    for (const std::uint64_t bytes : {1UL, 5000UL, 3 * kMiB, 33 * kMiB})
      EXPECT_EQ(program.world.bytes_at(program.allocate(bytes)), class_bytes(classes, bytes));
  }
}

TEST(SharedPoolAllocate, AnErrorThatIsNotOutOfMemoryIsTheProgramsAtOnce) {
  Program<> program;
  program.free(program.allocate(kMiB));
  program.world.fail(Fn::Allocate, 1, Code::Failed, 10);
  const std::uint64_t calls = program.world.calls(Fn::Allocate);
  EXPECT_EQ(program.allocate(2 * kMiB), 0U);
  EXPECT_EQ(program.code, Code::Failed);
  EXPECT_EQ(program.world.calls(Fn::Allocate), calls + 1);
  EXPECT_EQ(program.record.no_memory, 0U);
  EXPECT_EQ(program.held().idle, kMiB);
}

TEST(SharedPoolAllocate, WithoutPagesBlocksAreServedAndNotPooled) {
  Program<> program;
  program.domain(1);
  program.world.fail(Fn::Map, 1, Code::Failed);
  const std::uint64_t no_node = program.allocate(kMiB);
  ASSERT_NE(no_node, 0U);
  program.world.fail(Fn::Map, 2, Code::Failed);
  const std::uint64_t no_slot = program.allocate(kMiB);
  ASSERT_NE(no_slot, 0U);
  EXPECT_EQ(program.record.unpooled, 2U);
  for (const std::uint64_t address : {no_node, no_slot}) {
    EXPECT_EQ(program.free(address), Code::Success);
    EXPECT_FALSE(program.was_ours);
  }
}

TEST(SharedPoolAllocate, OfAPlaceThatIsNotToBeServedItIsTheSources) {
  Program<> program;
  program.world.aside = 1;
  const std::uint64_t address = program.allocate(5000);
  EXPECT_EQ(program.world.bytes_at(address), 5000U);
  EXPECT_FALSE(program.pool->owns(address));
  EXPECT_EQ(program.record.aside_allocs, 1U);
}

TEST(SharedPoolAllocate, WhatIsGrantedWhileThePlaceEndsIsNotPooled) {
  Program<> program;
  program.domain(1);
  program.world.on_call = [&](Fn fn) {
    if (fn != Fn::Allocate) return;
    program.world.on_call = [](Fn) {};
    program.end_place(1);
    program.domain(1);  // begun anew
  };
  const std::uint64_t address = program.allocate(kMiB);
  EXPECT_NE(address, 0U);
  EXPECT_FALSE(program.pool->owns(address));
  EXPECT_EQ(program.record.live_blocks, 0);
}

TEST(SharedPoolAllocate, ABlockThatWasFreedUnseenIsNotFoundAtItsAddressAgain) {
  for (const int aside : {-1, 1}) {  // granted to the pool; past it
    Program<> program;
    const std::uint64_t address = program.allocate(kMiB);
    program.world.free_unseen(address);
    program.mine.clear();
    program.world.aside = aside;
    ASSERT_EQ(program.allocate(kMiB), address);
    EXPECT_EQ(program.pool->owns(address), aside == -1);
    EXPECT_EQ(program.record.live_blocks, aside == -1 ? 1 : 0);
  }
}

TEST(SharedPoolAllocate, IdleBlocksOfAPlaceThatEndedUnseenAreNotHandedOut) {
  for (const FreeMode mode : {FreeMode::Strict, FreeMode::Deferred}) {
    Program<> program{mode};
    const std::uint64_t other = program.allocate(kMiB, 1), freed = program.allocate(kMiB, 1);
    program.free(other);
    program.free(freed);
    EXPECT_EQ(program.held().idle, mode == FreeMode::Strict ? 2 * kMiB : 0U);
    program.world.destroy(1);
    ASSERT_EQ(program.allocate(kMiB, 2), freed) << "the driver gives the address to another place";
    EXPECT_FALSE(program.pool->owns(other)) << "that is gone, too";
    EXPECT_EQ(program.allocate(kMiB, 1), other) << "by the driver";
    EXPECT_EQ(program.record.hits, 0U);
    EXPECT_EQ(program.held().idle + program.held().pending, 0U);
  }
}

}  // namespace
}  // namespace weir::pool::test
