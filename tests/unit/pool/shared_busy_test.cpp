// Idle blocks that the source could only take back by waiting for work of others.
#include "unit/pool/pool_fixture.hpp"

namespace weir::pool::test {
namespace {

TEST(SharedPoolBusy, WhatIsBeyondTheBoundIsKeptUntilTheDeviceIsProvenDone) {
  Program<> program{FreeMode::Deferred};
  program.may_exceed_bound = true;
  const auto block = program.allocate(4 * kMiB);
  program.policy.idle_max = program.domain(1).policy.idle_max = kMiB;
  program.world.is_busy = true;
  program.free(block);
  program.synchronise();
  EXPECT_EQ(program.held().idle, 4 * kMiB);
  EXPECT_EQ(program.record.put_off_blocks, 1U);
  EXPECT_EQ(program.record.shed_blocks, 0U);
  program.world.is_busy = false;
  program.synchronise();
  EXPECT_EQ(program.held().idle, 0U);
  EXPECT_EQ(program.record.shed_blocks, 1U);
}

TEST(SharedPoolBusy, ABusySourceIsNotAskedAgainForEachBlockOrEachMiss) {
  Program<> program;
  program.may_exceed_bound = true;
  std::vector<std::uint64_t> blocks;
  for (int i = 0; i != 8; ++i) blocks.push_back(program.allocate(kMiB));
  for (const auto block : blocks) program.free(block);
  program.domain(1).policy.idle_max = 0;
  program.world.is_busy = true;
  const std::uint64_t before = program.world.calls(Fn::Allocate);
  (void)program.allocate(16 * kMiB);
  EXPECT_EQ(program.record.put_off_blocks, 8U);
  (void)program.allocate(17 * kMiB);
  EXPECT_EQ(program.record.put_off_blocks, 8U) << "not at once again";
  program.world.clock_ns += 20'000'000;
  (void)program.allocate(18 * kMiB);
  EXPECT_EQ(program.record.put_off_blocks, 16U) << "but later";
  EXPECT_EQ(program.world.calls(Fn::Allocate), before + 3);
  program.world.is_busy = false;
}

TEST(SharedPoolBusy, WithoutMemoryADeviceThatIsBusyIsWaitedForWithABound) {
  for (const bool ends : {false, true}) {
    Program<> program;
    program.world.capacity = 8 * kMiB;
    const auto block = program.allocate(4 * kMiB);
    program.free(block);
    program.world.is_busy = true;
    int pauses = 0;
    program.world.on_pause = [&] {
      if (ends && ++pauses == 5) program.world.is_busy = false;
    };
    const std::uint64_t before = program.world.clock_ns;
    EXPECT_EQ(program.allocate(6 * kMiB) != 0, ends);
    EXPECT_LE(program.world.clock_ns - before, program.policy.rescue_wait_ns + 1'000'000);
    EXPECT_EQ(program.record.rescued[2], ends ? 1U : 0U);
    EXPECT_EQ(program.record.rescued[6], ends ? 0U : 1U);
    program.world.is_busy = false;
  }
}

TEST(SharedPoolBusy, WhatWasGivenBackIsWaitedForUntilItArrives) {
  for (const bool arrives : {false, true}) {
    Program<> program;
    program.world.capacity = 8 * kMiB;
    program.free(program.allocate(4 * kMiB));
    program.world.keeps_shed = 4 * kMiB;
    int pauses = 0;
    program.world.on_pause = [&] {
      if (arrives && ++pauses == 5) program.world.keeps_shed = 0;
    };
    const std::uint64_t before = program.world.clock_ns;
    EXPECT_EQ(program.allocate(6 * kMiB) != 0, arrives);
    EXPECT_LE(program.world.clock_ns - before, program.policy.rescue_wait_ns + 1'000'000);
  }
}

TEST(SharedPoolBusy, AProgramThatOnlyFreesAndLaunchesKeepsAboutTheBound) {
  Program<> program{FreeMode::Deferred};
  std::vector<std::uint64_t> blocks;
  for (int i = 0; i != 4096; ++i) blocks.push_back(program.allocate(kMiB));
  program.policy.idle_max = program.domain(1).policy.idle_max = 8 * kMiB;
  for (const auto block : blocks) {
    program.world.submit(1, block);
    program.world.complete(1);
    program.free(block);
    EXPECT_LE(program.record.idle_bytes + program.record.pending_bytes, static_cast<std::int64_t>(80 * kMiB));
  }
  EXPECT_EQ(program.world.calls(Fn::Wait), 0U);
}

TEST(SharedPoolBusy, WhenTheDeviceGoesOnAgainFreesGiveBackWhatHadPiledUp) {
  Program<> program{FreeMode::Deferred};
  std::vector<std::uint64_t> blocks;
  for (int i = 0; i != 4096; ++i) blocks.push_back(program.allocate(kKiB));
  program.policy.idle_max = program.domain(1).policy.idle_max = 64 * kKiB;
  program.world.submit(1, blocks[0]);
  for (const auto block : blocks) program.free(block);
  EXPECT_GE(program.record.pending_blocks, 4000) << "more than all marks stand for";
  std::vector<std::uint64_t> more;
  program.world.complete(1);
  for (int i = 0; i != 200; ++i) more.push_back(program.allocate(32 * kKiB));
  for (const auto block : more) program.free(block);
  EXPECT_LE(program.record.pending_blocks, 64);
}

}  // namespace
}  // namespace weir::pool::test
