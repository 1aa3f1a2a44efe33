// Places begin, end, fail, and are forgotten; trimming.
#include "unit/pool/pool_fixture.hpp"

namespace weir::pool::test {
namespace {

TEST(SharedPoolPlaces, OneDomainEachAndNoMoreThanThereIsRoomFor) {
  Program<> program;
  auto& pool = *program.pool;
  const Numbers numbers{&program.record, program.classes.data()};
  auto* first = pool.open(1, 0, program.policy, numbers);
  Policy other = program.policy;
  other.idle_max = 1;
  EXPECT_EQ(pool.open(1, 0, other, numbers), first);
  EXPECT_EQ(first->policy.idle_max, kGiB) << "of this life";
  program.world.fail(Fn::Map, 1, Code::Failed);
  EXPECT_EQ(pool.open(2, 0, program.policy, numbers), nullptr);
  for (int place = 2; place != 129; ++place) EXPECT_NE(pool.open(place, 0, program.policy, numbers), nullptr);
  EXPECT_EQ(pool.open(129, 0, program.policy, numbers), nullptr);
  EXPECT_EQ(pool.open(1, 0, program.policy, numbers), first);
  EXPECT_GE(pool.own_bytes(), 128 * sizeof(Program<>::Domain));
}

TEST(SharedPoolPlaces, BetweenEndingAndItsFailureAllIsTheSources) {
  for (const FreeMode mode : {FreeMode::Strict, FreeMode::Deferred}) {
    Program<> program{mode};
    const std::uint64_t idle = program.allocate(kMiB), live = program.allocate(kMiB);
    program.free(idle);
    program.synchronise();
    auto& domain = program.domain(1);
    program.pool->ending(domain);
    const std::uint64_t fresh = program.allocate(kMiB);
    EXPECT_NE(fresh, idle);
    EXPECT_FALSE(program.pool->owns(fresh));
    program.free(live);
    EXPECT_FALSE(program.pool->owns(live));
    FakeSource source = program.source();
    EXPECT_EQ(program.pool->trim(source, 0, 0), 0U);
    program.pool->ended(source, domain, false);
    EXPECT_EQ(program.allocate(kMiB), idle);
  }
}

TEST(SharedPoolPlaces, AnEndWithinAnEndIsOne) {
  Program<> program;
  auto& domain = program.domain(1);
  FakeSource source = program.source();
  program.pool->ending(domain);
  program.pool->ending(domain);
  program.pool->ended(source, domain, false);
  EXPECT_FALSE(domain.is_open);
  program.pool->ended(source, domain, false);
  EXPECT_TRUE(domain.is_open);
  program.pool->ended(source, domain, false);  // without a beginning
  EXPECT_TRUE(domain.is_open);
}

TEST(SharedPoolPlaces, AnEndDropsTheFencesAndServesAgainWhenOpened) {
  Program<> program{FreeMode::Deferred};
  std::vector<std::uint64_t> blocks;
  for (int i = 0; i != 40; ++i) blocks.push_back(program.allocate(kMiB));
  for (const std::uint64_t address : blocks) program.free(address);
  EXPECT_EQ(program.world.fences(), 1U);
  auto& domain = program.domain(1);
  program.end_place(1);
  EXPECT_EQ(program.world.fences(), 0U);
  EXPECT_EQ(program.record.contexts_ended, 1U);
  EXPECT_FALSE(domain.is_open);
  EXPECT_EQ(&program.domain(1), &domain);
  EXPECT_TRUE(domain.is_open);
}

TEST(SharedPoolPlaces, AnEndWaitsForWhoGivesBackItsBlocks) {
  Program<> program;
  program.free(program.allocate(kMiB));
  int pauses = 0;
  program.world.on_pause = [&] { ++pauses; };
  program.world.on_call = [&](Fn fn) {
    if (fn != Fn::Release) return;
    program.pool->ending(program.domain(1));
    EXPECT_GT(pauses, 0);
    EXPECT_LE(program.world.clock_ns, 200'000'000U) << "not for ever";
  };
  FakeSource source = program.source();
  program.pool->trim(source, 0, 0);
  program.world.on_call = [](Fn) {};
  program.pool->ended(source, program.domain(1), false);
}

TEST(SharedPoolPlaces, WhatIsBeingGivenBackWhenThePlaceEndsIsNotGivenBackTwice) {
  Program<> program;
  const std::uint64_t first = program.allocate(kMiB), second = program.allocate(kMiB);
  program.free(first);
  program.free(second);
  program.world.on_return = [&](Fn fn) {
    if (fn != Fn::Release) return;
    program.world.on_return = [](Fn) {};
    program.end_place(1);
    EXPECT_NE(program.allocate(kMiB), 0U);
    EXPECT_NE(program.allocate(kMiB), 0U);
  };
  FakeSource source = program.source();
  EXPECT_EQ(program.pool->trim(source, 0, 0), kMiB) << "the other went with its place";
  EXPECT_EQ(program.world.granted_blocks(), 2U);
}

TEST(SharedPoolPlaces, WhatIsBeingGivenBackWhenThePlaceIsAboutToEndIsKept) {
  Program<> program;
  const std::uint64_t first = program.allocate(kMiB), second = program.allocate(kMiB);
  program.free(first);
  program.free(second);
  auto& domain = program.domain(1);
  program.world.on_return = [&](Fn fn) {
    if (fn == Fn::Release) program.pool->ending(domain);
  };
  FakeSource source = program.source();
  EXPECT_EQ(program.pool->trim(source, 0, 0), kMiB);
  EXPECT_EQ(program.world.calls(Fn::Release), 1U);
  program.world.on_return = [](Fn) {};
  program.pool->ended(source, domain, false);
  EXPECT_EQ(program.held().idle, kMiB);
}

TEST(SharedPoolPlaces, WhatIsGrantedWhenThePlaceIsAboutToEndIsNotPooled) {
  Program<> program;
  auto& domain = program.domain(1);
  program.world.on_call = [&](Fn fn) {
    if (fn == Fn::Allocate) program.pool->ending(domain);
  };
  const std::uint64_t address = program.allocate(kMiB);
  EXPECT_NE(address, 0U);
  EXPECT_FALSE(program.pool->owns(address));
  program.world.on_call = [](Fn) {};
  FakeSource source = program.source();
  program.pool->ended(source, domain, false);
}

TEST(SharedPoolPlaces, WhatTheSourceRefusedWhenThePlaceEndedIsGoneWithIt) {
  Program<> program;
  const std::uint64_t address = program.allocate(kMiB);
  program.pool->mark_exported(address);
  program.world.fail(Fn::Release, 1, Code::Failed);
  program.world.on_call = [&](Fn fn) {
    if (fn == Fn::Release) program.end_place(1);
  };
  EXPECT_EQ(program.free(address), Code::Failed);
  EXPECT_FALSE(program.pool->owns(address));
  EXPECT_EQ(program.record.live_blocks, 0);
  program.mine.clear();
  program.world.on_call = [](Fn) {};
}

TEST(SharedPoolPlaces, ABrokenPlaceIsTheSourcesUntilItEnds) {
  Program<> program;
  const std::uint64_t live = program.allocate(kMiB);
  program.pool->broke(program.domain(1));
  EXPECT_FALSE(program.pool->owns(program.allocate(kMiB)));
  program.free(live);
  EXPECT_EQ(program.world.calls(Fn::Wait), 0U);
  program.end_place(1);
  EXPECT_TRUE(program.pool->owns(program.allocate(kMiB)));
}

TEST(SharedPoolPlaces, AForkedChildHasNoneOfTheBlocks) {
  Program<> program{FreeMode::Deferred};
  const std::uint64_t live = program.allocate(kMiB), freed = program.allocate(kMiB);
  program.free(freed);
  program.synchronise();
  program.pool->forget_all();
  EXPECT_FALSE(program.pool->owns(live));
  EXPECT_FALSE(program.pool->owns(freed));
  EXPECT_EQ(program.held().live + program.held().idle, 0U);
  program.record = {};
  program.classes = {};
  auto* domain = program.domains[1];
  EXPECT_FALSE(domain->is_open);
  program.domains.clear();
  program.mine.clear();
  program.world.destroy(1);
  EXPECT_NE(program.allocate(kMiB), 0U);
  EXPECT_EQ(program.domains[1], domain);
}

TEST(SharedPoolPlaces, TrimmingIsOfOneGroupAndTakesTheOldest) {
  Program<> program;
  std::vector<std::uint64_t> blocks;
  for (int i = 0; i != 12; ++i) blocks.push_back(program.allocate(kMiB, i % 3 == 2 ? 11 : 1 + i % 3));
  for (const std::uint64_t address : blocks) program.free(address);
  FakeSource source = program.source();
  EXPECT_EQ(program.pool->trim(source, 0, 6 * kMiB), 2 * kMiB);
  EXPECT_EQ(program.held(0).idle, 6 * kMiB);
  EXPECT_EQ(program.held(1).idle, 4 * kMiB);
  EXPECT_FALSE(program.pool->owns(blocks[0]));
  EXPECT_FALSE(program.pool->owns(blocks[3]));
  EXPECT_EQ(program.pool->trim(source, 0, 6 * kMiB), 0U);
  EXPECT_EQ(program.record.shed_blocks, 2U);
  EXPECT_EQ(program.record.shed_bytes, 2 * kMiB);
}

TEST(SharedPoolPlaces, AnIdleBlockThatTheSourceRefusesIsIdleAgain) {
  Program<> program;
  const std::uint64_t address = program.allocate(kMiB);
  program.free(address);
  program.world.fail(Fn::Release, 1, Code::Failed);
  FakeSource source = program.source();
  EXPECT_EQ(program.pool->trim(source, 0, 0), 0U);
  EXPECT_EQ(program.held().idle, kMiB);
  EXPECT_EQ(program.allocate(kMiB), address);
}

TEST(SharedPoolPlaces, HeldIsWhatThereIs) {
  Program<> program{FreeMode::Deferred};
  program.allocate(5000);
  const std::uint64_t idle = program.allocate(3 * kMiB), pending = program.allocate(2 * kMiB);
  program.free(idle);
  program.synchronise();
  program.free(pending);
  const auto held = program.held();
  EXPECT_EQ(held.live, class_bytes(Classes::Fine, 5000));
  EXPECT_EQ(held.requested, 5000U);
  EXPECT_EQ(held.idle, 3 * kMiB);
  EXPECT_EQ(held.largest_idle, 3 * kMiB);
  EXPECT_EQ(held.pending, 2 * kMiB);
  EXPECT_EQ(held.largest_pending, 2 * kMiB);
}

}  // namespace
}  // namespace weir::pool::test
