// A pool that carves: what it shares with every pool, and what becomes of blocks that the driver does not know.
#include "unit/pool/slab_setup.hpp"

#include <random>

#include "unit/pool/shared_conformance.hpp"

namespace weir::pool::test {

INSTANTIATE_TYPED_TEST_SUITE_P(Slab, SharedPoolOverAnySource, SlabSetup);

namespace {

using SlabProgram = Program<SlabSetup>;
constexpr FreeMode kBoth[] = {FreeMode::Strict, FreeMode::Deferred};

std::uint64_t slab_of(std::uint64_t address) {
  Slabs::Carved carved{};
  return SlabSetup::places.find(address, carved) ? carved.slab : 0;
}

TEST(SlabSource, SmallBlocksShareWhatTheDriverGrants) {
  SlabProgram program;
  for (int i = 0; i != 1000; ++i) ASSERT_NE(program.allocate(1000), 0U);
  EXPECT_EQ(program.world.granted_blocks(), 1U);
  EXPECT_EQ(program.record.source_allocs, 1U) << "calls of the driver";
  EXPECT_EQ(SlabSetup::record.slabs, 1U);
  EXPECT_EQ(SlabSetup::record.slab_bytes, Slabs::kSlabBytes);
  EXPECT_EQ(SlabSetup::record.slab_free_bytes, SlabSetup::places.free_bytes(&SlabSetup::record));
  const std::uint64_t large = program.allocate(Slabs::kMostCarved + 1);
  EXPECT_EQ(slab_of(large), 0U);
  EXPECT_NE(program.world.bytes_at(large), 0U) << "the driver knows it";
}

TEST(SlabSource, AnInteriorAddressLeadsToTheBlockAndItsSize) {
  SlabProgram program;
  program.allocate(5000);
  const std::uint64_t address = program.allocate(1000);
  Slabs::Carved carved{};
  ASSERT_TRUE(SlabSetup::places.find(address + 999, carved));
  EXPECT_EQ(carved.base, address);
  EXPECT_TRUE(program.pool->is_carved(address));
  EXPECT_EQ(program.pool->requested_of(carved.base), 1000U);
  EXPECT_FALSE(program.pool->is_carved(program.allocate(4 * kMiB)));
}

TEST(SlabSource, SlabsThatAreEmptyGoBack) {
  for (const FreeMode mode : kBoth) {
    SlabProgram program{mode};
    std::vector<std::uint64_t> blocks;
    for (int i = 0; i != 64; ++i) blocks.push_back(program.allocate(256 * kKiB));
    EXPECT_EQ(program.world.granted_blocks(), 8U);
    for (const std::uint64_t block : blocks) program.free(block);
    program.synchronise();
    EXPECT_EQ(program.world.granted_blocks(), 8U) << "they are idle in the pool";
    auto source = program.source();
    EXPECT_EQ(program.pool->trim(source, 0, 256 * kKiB), 63 * 256 * kKiB);
    EXPECT_LE(program.world.granted_blocks(), 2U) << "one of them empty";
    program.pool->trim(source, 0, 0);
    EXPECT_EQ(program.world.granted_blocks(), 0U);
    EXPECT_EQ(SlabSetup::record.slabs, 0U);
  }
}

TEST(SlabSource, DuringACaptureACarvedBlockIsPending) {
  for (const FreeMode mode : kBoth) {
    SlabProgram program{mode};
    const std::uint64_t address = program.allocate(1000);
    program.world.submit(1, address);
    program.world.is_capturing = true;
    EXPECT_EQ(program.free(address), Code::Success);
    EXPECT_EQ(program.record.pending_blocks, 1);
    EXPECT_NE(program.allocate(1000), address) << "nothing is proven";
    EXPECT_EQ(program.free(address), Code::NoSuchBlock);
    program.world.is_capturing = false;
    // The next wait proves it, in strict mode that of a free.
    if (mode == FreeMode::Strict)
      program.free(program.allocate(3 * kMiB));
    else
      program.synchronise();
    EXPECT_EQ(program.record.pending_blocks, 0);
    EXPECT_EQ(program.allocate(1000), address);
  }
}

TEST(SlabSource, FromAnotherContextACarvedBlockIsWaitedFor) {
  SlabProgram program{FreeMode::Strict};
  const std::uint64_t address = program.allocate(1000);
  program.world.submit(1, address);
  program.world.aside = 1;
  EXPECT_EQ(program.free(address), Code::Success);
  EXPECT_EQ(program.world.calls(Fn::Wait), 1U);
  EXPECT_FALSE(program.pool->owns(address));
  program.world.aside = -1;
  EXPECT_EQ(program.allocate(1000), address) << "carved anew";
}

TEST(SlabSource, FromAnotherContextWhereWaitingFailsItIsPending) {
  SlabProgram program{FreeMode::Strict};
  const std::uint64_t address = program.allocate(1000);
  program.world.submit(1, address);
  program.world.aside = 1;
  program.world.fail(Fn::Wait, 1, Code::NotNow);
  EXPECT_EQ(program.free(address), Code::Success);
  EXPECT_EQ(program.record.pending_blocks, 1);
  program.world.aside = -1;
  EXPECT_NE(program.allocate(1000), address);
}

TEST(SlabSource, AnErrorOfTheDeviceIsTheProgramsAndSoIsTheBlock) {
  SlabProgram program{FreeMode::Strict};
  const std::uint64_t address = program.allocate(1000);
  program.world.fail(Fn::Wait, 1, Code::Failed, 2);
  EXPECT_EQ(program.free(address), Code::Failed);
  EXPECT_EQ(program.pool->requested_of(address), 1000U);
  EXPECT_EQ(program.free(address), Code::Success);
}

TEST(SlabSource, TheSlabOfAnExportedBlockIsNotUsedAgain) {
  for (const FreeMode mode : kBoth) {
    SlabProgram program{mode};
    program.world.may_release_waiting = true;
    const std::uint64_t address = program.allocate(1000), other = program.allocate(1000);
    program.world.submit(1, address);
    ASSERT_TRUE(program.pool->mark_exported(address));
    EXPECT_EQ(program.free(address), Code::Success);
    EXPECT_FALSE(program.world.is_touched(address)) << "waited for, whatever the mode";
    EXPECT_NE(slab_of(program.allocate(3000)), slab_of(other));
    program.free(other);
    program.synchronise();
    auto source = program.source();
    const std::uint64_t slab = slab_of(other);
    program.pool->trim(source, 0, 1);
    EXPECT_EQ(program.world.bytes_at(slab), 0U) << "it goes when it is empty";
  }
}

TEST(SlabSource, ACarvedBlockIsNotTheDriversToFree) {
  SlabProgram program;
  const std::uint64_t address = program.allocate(1000);
  EXPECT_FALSE(program.pool->forget(address));
  EXPECT_TRUE(program.pool->owns(address));
}

TEST(SlabSource, WithoutRoomForASlabTheBlockIsTheDriversOwn) {
  SlabProgram program;
  program.world.capacity = Slabs::kSlabBytes - 1;
  const std::uint64_t address = program.allocate(1000);
  ASSERT_NE(address, 0U);
  EXPECT_NE(program.world.bytes_at(address), 0U);
  EXPECT_FALSE(program.pool->is_carved(address));
}

TEST(SlabSource, AnEmptySlabIsNotWhatTheProgramLacks) {
  SlabProgram program;
  program.policy.idle_max = 0;
  program.world.capacity = 4 * kMiB;
  program.free(program.allocate(1000));
  EXPECT_EQ(program.world.granted_blocks(), 1U) << "kept";
  EXPECT_NE(program.allocate(4 * kMiB), 0U);
}

TEST(SlabSource, WhatThePoolHasNoNodeForIsTheDriversOwn) {
  SlabProgram program;
  program.domain(1);
  program.allocate(512);  // there is a slab
  for (std::uint64_t n = 1; n != 4; ++n) {
    program.world.fail(Fn::Map, n, Code::Failed, 1000);
    for (int i = 0; i != 600; ++i) {
      const std::uint64_t address = program.allocate(512);
      ASSERT_NE(address, 0U);
      if (!program.pool->owns(address)) {
        ASSERT_NE(program.world.bytes_at(address), 0U);
      }
    }
    program.world.no_faults();
  }
  EXPECT_GT(program.record.aside_allocs, 0U);
}

TEST(SlabSource, ThePlacesEndTakesItsSlabsAlong) {
  for (const FreeMode mode : kBoth) {
    SlabProgram program{mode};
    const std::uint64_t address = program.allocate(1000);
    program.free(program.allocate(5000));
    program.end_place(1);
    EXPECT_EQ(slab_of(address), 0U);
    EXPECT_EQ(SlabSetup::record.slabs, 0U);
    EXPECT_NE(program.allocate(1000), 0U) << "in the next life";
  }
}

TEST(SlabSource, ASlabThatTheDriverRefusesStaysInTheBooks) {
  SlabProgram program;
  program.free(program.allocate(1000));
  program.world.fail(Fn::Release, 1, Code::Failed);
  auto source = program.source();
  program.pool->trim(source, 0, 0);
  EXPECT_EQ(SlabSetup::record.slabs, 1U);
  EXPECT_EQ(program.world.granted_blocks(), 1U);
  program.pool->trim(source, 0, 0);
  EXPECT_EQ(SlabSetup::record.slabs, 0U);
}

TEST(SlabSource, ASealedSlabIsNotGivenBackDuringACaptureAndNotUsed) {
  SlabProgram program;
  program.policy.idle_max = 0;
  const std::uint64_t first = program.allocate(1000);  // it has the slab's address
  const std::uint64_t address = program.allocate(1000);
  program.free(first);
  ASSERT_TRUE(program.pool->mark_exported(address));
  program.world.on_call = [&](Fn fn) { program.world.is_capturing = program.world.is_capturing || fn == Fn::Wait; };
  EXPECT_EQ(program.free(address), Code::Success);
  program.world.on_call = [](Fn) {};
  EXPECT_TRUE(program.world.is_capturing);
  program.world.is_capturing = false;
  EXPECT_NE(slab_of(program.allocate(1000)), slab_of(address));
  program.end_place(1);
}

TEST(SlabSource, ASlabThatIsGrantedWhileItsPlaceEndsIsNotCarved) {
  SlabProgram program;
  bool is_first = true;
  program.world.on_call = [&](Fn fn) {
    if (fn != Fn::Allocate || !std::exchange(is_first, false)) return;
    SlabSetup::places.lost(1);
    SlabSetup::places.open(1, &SlabSetup::record);
  };
  const std::uint64_t address = program.allocate(1000);
  EXPECT_EQ(slab_of(address), 0U);
  EXPECT_FALSE(program.pool->is_carved(address));
}

TEST(SlabSource, ASlabWhereOneIsThoughtToBeTakesItsPlace) {
  SlabProgram program;
  program.leaves_blocks = true;
  const std::uint64_t address = program.allocate(1000, 1);
  program.world.destroy(1);  // unseen
  program.mine.clear();
  EXPECT_EQ(program.allocate(1000, 2), address) << "the driver grants the slab to another";
  EXPECT_TRUE(program.pool->is_carved(address));
  EXPECT_EQ(SlabSetup::record.slabs, 1U);
  EXPECT_EQ(program.free(address), Code::Success);
}

/// Small blocks of all kinds, with captures, other contexts, exports, faults and ends; and at each call of the driver, where
/// another thread might run, something else of the program.
class RandomSlabs : public SlabProgram {
 public:
  RandomSlabs(FreeMode mode, std::uint64_t idle_max, bool has_faults, std::uint64_t seed)
      : SlabProgram{mode}, has_faults_{has_faults}, has_exports_{seed % 4 < 2}, random_{seed} {
    policy.idle_max = idle_max;
    policy.rescue_wait_ns = 1'000'000;
    may_exceed_bound = has_faults;
    world.capacity = seed % 2 == 0 ? 24 * kMiB : kGiB;
    for (const int place : kPlaces) domain(place);
    world.on_call = [this](Fn fn) {
      if (depth_ < 2 && any(4) == 0) operate(fn != Fn::Release);
    };
    world.on_pause = [this] { world.step(kPlaces[any(3)], any(FakeWorld::kLanes)); };
  }
  void run(int operations) {
    for (int i = 0; i != operations && world.violations().empty(); ++i) operate(true);
    world.on_call = [](Fn) {};
    world.is_capturing = false;
    world.aside = -1;
    world.no_faults();
    check_books();
    // Else check() wants every slab back.
    if (has_faults_ || has_exports_)
      for (const int place : kPlaces) end_place(place);
  }

 private:
  static constexpr int kPlaces[] = {1, 2, 11};
  int any(int count) { return static_cast<int>(random_() % static_cast<std::uint64_t>(count)); }
  std::uint64_t any_block() {
    return mine.empty() ? 0 : std::next(mine.begin(), any(static_cast<int>(mine.size())))->first;
  }
  void operate(bool may_end) {
    ++depth_;
    const int place = kPlaces[any(3)];
    const std::uint64_t block = any_block();
    switch (any(20)) {
      default: {
        ++in_flight_[place];
        static constexpr std::uint64_t kSizes[] = {200, 512, 4096, 5000, 60'000, 256 * kKiB, 256 * kKiB, kMiB};
        allocate(any(4) == 0 ? random_() % (300 * kKiB) + 1 : kSizes[any(8)], place);
        --in_flight_[place];
        break;
      }
      case 7: case 8: case 9: case 10: case 11: give(block); break;
      case 12: case 13: if (block != 0) world.submit(mine[block], block, any(FakeWorld::kLanes)); break;
      case 14: world.step(place, any(FakeWorld::kLanes)); break;
      case 15: if (!world.is_capturing) synchronise(place); break;
      case 16: world.is_capturing = !world.is_capturing && any(4) == 0 && (depth_ == 1 || may_exceed_bound); break;
      case 17: world.aside = any(3) == 0 ? place : -1; break;
      case 18:
        if (has_exports_ && any(6) == 0) pool->mark_exported(block);
        else if (!world.is_capturing) trim();
        break;
      case 19:
        if (has_faults_ && any(2) == 0) fault();
        else if (may_end && any(8) == 0 && in_flight_[place] == 0) end_place(place);
        break;
    }
    --depth_;
  }
  void give(std::uint64_t block) {
    if (block == 0) return;
    const int place = mine[block];
    ++in_flight_[place];
    const bool is_carved = pool->is_carved(block);
    if (free(block) != Code::Success && is_carved && !pool->is_carved(block))
      world.violation("a carved block that was not freed is lost");
    --in_flight_[place];
  }
  void trim() {
    Source asked = source();
    pool->trim(asked, static_cast<std::uint64_t>(any(2)), any(2) == 0 ? 0 : random_() % (4 * kMiB));
  }
  void fault() {
    static constexpr Code kCodes[] = {Code::NoMemory, Code::Failed, Code::NotNow};
    static constexpr Fn kFns[] = {Fn::Allocate, Fn::Release, Fn::Wait, Fn::Mark, Fn::Look, Fn::Map};
    world.fail(kFns[any(6)], 1 + random_() % 4, kCodes[any(3)], 1 + random_() % 3);
  }

  bool has_faults_, has_exports_;
  std::mt19937_64 random_;
  std::map<int, int> in_flight_;
  int depth_ = 0;
};

TEST(SlabSourceRandomPrograms, NoBlockIsHandedOutTooEarlyAndNoneIsLost) {
  std::uint64_t hits = 0, pending = 0, slabs = 0;
  for (const FreeMode mode : kBoth)
    for (const std::uint64_t idle_max : {std::uint64_t{0}, kMiB, kGiB})
      for (const bool has_faults : {false, true})
        for (std::uint64_t seed = 0; seed != 10; ++seed) {
          SCOPED_TRACE(testing::Message() << "mode " << static_cast<int>(mode) << " idle_max " << idle_max
                                          << " faults " << has_faults << " seed " << seed);
          RandomSlabs program{mode, idle_max, has_faults, seed};
          program.world.may_release_waiting = true;
          program.run(3'000);
          hits += program.record.hits;
          pending += static_cast<std::uint64_t>(program.record.peak_pending);
          slabs += program.record.source_frees;
          program.check();
          if (testing::Test::HasFailure()) return;
        }
  EXPECT_GT(hits, 1000U);
  EXPECT_GT(pending, 1000U);
  EXPECT_GT(slabs, 100U);
}

}  // namespace
}  // namespace weir::pool::test
