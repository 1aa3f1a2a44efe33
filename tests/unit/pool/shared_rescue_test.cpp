// The ladder, step by step: which helps, what it costs, and that it ends.
#include "unit/pool/pool_fixture.hpp"

namespace weir::pool::test {
namespace {

class SharedPoolRescue : public testing::TestWithParam<FreeMode> {
 protected:
  static std::vector<std::uint64_t> fill(Program<>& program, std::initializer_list<std::uint64_t> mibs,
                                         int place = 1) {
    std::vector<std::uint64_t> blocks;
    for (const std::uint64_t mib : mibs) blocks.push_back(program.allocate(mib * kMiB, place));
    for (const std::uint64_t address : blocks) EXPECT_NE(address, 0U);
    return blocks;
  }
  static void free_with_work(Program<>& program, const std::vector<std::uint64_t>& blocks) {
    for (const std::uint64_t address : blocks) {
      program.world.submit(program.mine[address], address);
      program.free(address);
    }
  }
  static void free_idle(Program<>& program, const std::vector<std::uint64_t>& blocks, int place = 1) {
    for (const std::uint64_t address : blocks) program.free(address);
    program.synchronise(place);
  }
};

TEST_F(SharedPoolRescue, ASecondLookFindsWhatWasDoneMeanwhile) {
  Program<> program{FreeMode::Deferred};
  program.world.capacity = 4 * kMiB;
  const auto blocks = fill(program, {4});
  free_with_work(program, blocks);
  program.world.on_call = [&](Fn fn) {
    if (fn == Fn::Allocate) program.world.complete(1);
  };
  EXPECT_EQ(program.allocate(4 * kMiB), blocks[0]);
  EXPECT_EQ(program.record.no_memory, 1U);
  EXPECT_EQ(program.record.rescued[0], 1U);
  EXPECT_EQ(program.world.calls(Fn::Release), 0U);
}

TEST_F(SharedPoolRescue, JustEnoughIsGivenBack) {
  for (const FreeMode mode : {FreeMode::Strict, FreeMode::Deferred}) {
    Program<> program{mode};
    program.world.capacity = 15 * kMiB;
    free_idle(program, fill(program, {1, 2, 4, 8}));
    EXPECT_NE(program.allocate(3 * kMiB), 0U);
    EXPECT_EQ(program.record.rescued[1], 1U);
    EXPECT_EQ(program.held().idle, 11 * kMiB) << "the one of 4 MiB went";
    EXPECT_EQ(program.record.shed_bytes, 4 * kMiB);
  }
}

TEST_F(SharedPoolRescue, OtherPlacesOfTheDeviceGiveToo) {
  Program<> program;
  program.world.capacity = 16 * kMiB;
  free_idle(program, fill(program, {4}, 1), 1);
  free_idle(program, fill(program, {4, 8}, 2), 2);
  free_idle(program, fill(program, {16}, 11), 11);
  EXPECT_NE(program.allocate(12 * kMiB, 1), 0U);
  EXPECT_EQ(program.record.rescued[1], 1U);
  EXPECT_EQ(program.held(0).idle, 4 * kMiB);
  EXPECT_EQ(program.held(1).idle, 16 * kMiB) << "another device";
}

TEST_F(SharedPoolRescue, APendingBlockIsWaitedFor) {
  Program<> program{FreeMode::Deferred};
  program.world.capacity = 4 * kMiB;
  const auto blocks = fill(program, {4});
  free_with_work(program, blocks);
  int pauses = 0;
  program.world.on_pause = [&] {
    if (++pauses == 5) program.world.complete(1);
  };
  EXPECT_EQ(program.allocate(4 * kMiB), blocks[0]);
  EXPECT_EQ(program.record.rescued[2], 1U);
  EXPECT_EQ(program.record.rescue_wait_ns, (20 + 40 + 80 + 160 + 320) * 1000U);
}

TEST_F(SharedPoolRescue, PendingBlocksOfOtherSizesAndPlacesAreWaitedForAndGivenBack) {
  for (const int place : {1, 2}) {
    Program<> program{FreeMode::Deferred};
    program.world.capacity = 8 * kMiB;
    free_with_work(program, fill(program, {2, 2, 2, 2}, place));
    program.world.on_pause = [&] { program.world.step(place, 0); };
    EXPECT_NE(program.allocate(4 * kMiB), 0U);
    EXPECT_EQ(program.record.rescued[2], 1U);
  }
}

TEST_F(SharedPoolRescue, TheWaitIsBounded) {
  Program<> program{FreeMode::Deferred};
  program.world.capacity = 4 * kMiB;
  free_with_work(program, fill(program, {4}));
  EXPECT_EQ(program.allocate(4 * kMiB), 0U);
  EXPECT_EQ(program.code, Code::NoMemory);
  EXPECT_EQ(program.record.rescued[6], 1U);
  EXPECT_GE(program.record.rescue_wait_ns, program.policy.rescue_wait_ns);
  EXPECT_LE(program.record.rescue_wait_ns, program.policy.rescue_wait_ns + 1'000'000);
}

TEST_F(SharedPoolRescue, PendingBlocksThatNobodyMayAskAboutAreNotWaitedFor) {
  Program<> program{FreeMode::Deferred};
  program.world.capacity = 4 * kMiB;
  free_with_work(program, fill(program, {4}, 2));
  program.pool->broke(program.domain(2));
  EXPECT_EQ(program.allocate(4 * kMiB, 1), 0U);
  EXPECT_EQ(program.record.rescue_wait_ns, 0U);
  program.end_place(2);
}

TEST_F(SharedPoolRescue, EverythingIsGivenBack) {
  Program<> program;
  program.world.capacity = 16 * kMiB;
  free_idle(program, fill(program, {1, 1, 2, 4}));
  const auto rest = fill(program, {8});
  program.world.fail(Fn::Allocate, 2, Code::NoMemory);  // after just enough: fragments
  EXPECT_NE(program.allocate(3 * kMiB), 0U);
  EXPECT_EQ(program.record.rescued[3], 1U);
  EXPECT_EQ(program.held().idle, 0U);
}

TEST_F(SharedPoolRescue, TheExactSizeIsTheLastThatIsTried) {
  Program<> program;
  program.world.capacity = 33 * kMiB;
  const std::uint64_t address = program.allocate(33 * kMiB);
  EXPECT_EQ(program.world.bytes_at(address), 33 * kMiB);
  EXPECT_EQ(program.record.rescued[4], 1U);
  program.free(address);
  EXPECT_EQ(program.allocate(33 * kMiB), address) << "it is pooled as any";
  EXPECT_EQ(program.allocate(1), 0U);
  EXPECT_EQ(program.record.rescued[6], 1U);
}

TEST_F(SharedPoolRescue, AnotherErrorOnTheWayIsTheProgramsAndNoRescue) {
  Program<> program;
  program.world.capacity = 4 * kMiB;
  free_idle(program, fill(program, {4}));
  program.world.fail(Fn::Allocate, 2, Code::Failed);
  EXPECT_EQ(program.allocate(3 * kMiB), 0U);
  EXPECT_EQ(program.code, Code::Failed);
  for (const std::uint64_t times : program.record.rescued) EXPECT_EQ(times, 0U);
}

TEST_F(SharedPoolRescue, DuringACaptureTheSourcesAnswerStands) {
  for (const FreeMode mode : {FreeMode::Strict, FreeMode::Deferred}) {
    Program<> program{mode};
    program.world.capacity = 6 * kMiB;
    const auto blocks = fill(program, {2, 4});
    free_idle(program, {blocks[0]});
    program.free(blocks[1]);
    program.world.is_capturing = true;
    EXPECT_EQ(program.allocate(5 * kMiB), 0U);  // and nothing was asked: judged
    EXPECT_EQ(program.code, Code::NoMemory);
    EXPECT_EQ(program.world.calls(Fn::Release), 0U);
    EXPECT_EQ(program.record.rescue_wait_ns, 0U);
  }
}

}  // namespace
}  // namespace weir::pool::test
