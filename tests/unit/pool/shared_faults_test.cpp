// One program, in which each call of the driver fails in turn, in each way that it can: nothing is lost, nothing is handed out
// twice or too early, and the program gets an error only where the driver's own function would have given it one.
#include "unit/pool/pool_fixture.hpp"

namespace weir::pool::test {
namespace {

void prepare(Program<>& program) {
  program.policy.idle_max = 24 * kMiB;
  program.policy.rescue_wait_ns = 500'000;
  program.world.capacity = 80 * kMiB;
  program.domain(1), program.domain(2);
}

/// Uses all that there is: hits, misses, marks, shedding, the ladder.
void run(Program<>& program) {
  program.world.on_pause = [&program] { program.world.step(1, 0); };
  for (int round = 0; round != 3; ++round) {
    std::vector<std::uint64_t> blocks;
    for (int i = 0; i != 40; ++i) blocks.push_back(program.allocate(kMiB + i * 60 * kKiB, 1 + i % 2));
    for (const std::uint64_t address : blocks) {
      if (address == 0) continue;
      program.world.submit(program.mine[address], address);
      program.free(address);
    }
    if (round != 1) program.synchronise(1);
    const std::uint64_t large = program.allocate(70 * kMiB);
    if (large != 0) program.free(large);
  }
}

struct Way {
  Fn fn;
  Code code;
};

TEST(SharedPoolFaults, OfEachCallInEachWayLoseNothing) {
  constexpr Way kWays[] = {{Fn::Allocate, Code::NoMemory}, {Fn::Allocate, Code::Failed}, {Fn::Release, Code::Failed},
                           {Fn::Wait, Code::Failed},       {Fn::Mark, Code::Failed},     {Fn::Look, Code::NoMemory},
                           {Fn::Look, Code::NotNow},       {Fn::Look, Code::Failed},     {Fn::Map, Code::Failed}};
  for (const FreeMode mode : {FreeMode::Strict, FreeMode::Deferred}) {
    std::uint64_t calls[static_cast<std::size_t>(Fn::kCount)];
    {
      Program<> sound{mode};
      prepare(sound);
      run(sound);
      for (std::size_t fn = 0; fn != static_cast<std::size_t>(Fn::kCount); ++fn)
        calls[fn] = sound.world.calls(static_cast<Fn>(fn));
      EXPECT_GT(calls[static_cast<std::size_t>(Fn::Release)], 20U);
      EXPECT_GT(calls[static_cast<std::size_t>(mode == FreeMode::Strict ? Fn::Wait : Fn::Look)], 10U);
    }
    for (const Way& way : kWays)
      for (std::uint64_t nth = 1; nth <= calls[static_cast<std::size_t>(way.fn)]; ++nth) {
        SCOPED_TRACE(testing::Message() << "mode " << static_cast<int>(mode) << ", function "
                                        << static_cast<int>(way.fn) << " fails as "
                                        << static_cast<int>(way.code) << " at call " << nth);
        Program<> program{mode};
        prepare(program);
        program.may_exceed_bound = way.fn == Fn::Release;
        program.world.fail(way.fn, nth, way.code);
        run(program);
        program.check_books();
        // A broken place keeps what is pending until it ends.
        for (const int place : {1, 2})
          if (!program.domain(place).is_open) program.end_place(place);
        if (testing::Test::HasFailure()) return;
      }
  }
}

}  // namespace
}  // namespace weir::pool::test
