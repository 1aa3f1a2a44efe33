// Random programs over several places of two devices, with captures, faults, ends and exports; and at each call of the driver,
// where another thread might run, something else of the program happens. The driver's oracle judges each block handed out.
#include <cstdlib>
#include <random>

#include "unit/pool/pool_fixture.hpp"

namespace weir::pool::test {
namespace {

struct Shape {
  FreeMode mode;
  Classes classes;
  std::uint64_t idle_max, capacity;
  bool has_faults;
  bool retires_at_once;  ///< a pool that is broken on purpose: it takes each free for proven
};

class RandomProgram : public Program<> {
 public:
  RandomProgram(const Shape& shape, std::uint64_t seed) : Program{shape.mode}, shape_{shape}, random_{seed} {
    policy.classes = shape.classes;
    policy.idle_max = shape.idle_max;
    policy.rescue_wait_ns = 3'000'000;
    world.capacity = shape.capacity;
    may_exceed_bound = shape.has_faults;
    for (const int place : kPlaces) domain(place);  // later there may be no pages for it
    world.on_call = world.on_return = [this](Fn fn) { interrupt(fn); };
    world.on_pause = [this] { world.step(any_place(), any(FakeWorld::kLanes)); };
  }

  void run(int operations) {
    for (int i = 0; i != operations; ++i) {
      operate(true);
      if (i % 64 == 0) check_books();
      if (shape_.retires_at_once && !world.violations().empty()) break;
    }
    world.on_call = world.on_return = [](Fn) {};
    world.is_capturing = false;
    world.aside = -1;
    world.no_faults();
    check_books();
    for (const int place : kPlaces) end_place(place);
  }

 private:
  static constexpr int kPlaces[] = {1, 2, 11};

  int any(int count) { return static_cast<int>(random_() % static_cast<std::uint64_t>(count)); }
  bool one_in(int count) { return any(count) == 0; }
  int any_place() { return kPlaces[any(3)]; }
  std::uint64_t any_block() {
    if (mine.empty()) return 0;
    return std::next(mine.begin(), any(static_cast<int>(mine.size())))->first;
  }
  std::uint64_t any_size() {
    static constexpr std::uint64_t kSizes[] = {200, 4096, 5000, 60'000, kMiB, kMiB + 1, 3 * kMiB, 20 * kMiB};
    return one_in(4) ? random_() % (8 * kMiB) + 1 : kSizes[any(8)];
  }

  /// Another thread, while this one is in the driver.
  void interrupt(Fn fn) {
    if (depth_ == 2 || !one_in(4)) return;
    operate(fn != Fn::Release);
  }

  void operate(bool may_end) {
    ++depth_;
    switch (any(24)) {
      case 0: case 1: case 2: case 3: case 4: case 5: case 6: request(any_place()); break;
      case 7: case 8: case 9: case 10: case 11: give(any_block()); break;
      case 12: case 13: case 14:
        if (const std::uint64_t block = any_block()) world.submit(mine[block], block, any(FakeWorld::kLanes));
        break;
      case 15: case 16: world.step(any_place(), any(FakeWorld::kLanes)); break;
      case 17: if (!world.is_capturing && one_in(2)) synchronise(any_place()); break;
      case 18: if (one_in(2)) capture(); break;
      case 19: if (one_in(4)) world.aside = one_in(3) ? any_place() : -1; break;
      case 20:
        if (one_in(4)) pool->mark_exported(any_block());
        else if (!world.is_capturing) trim();
        break;
      case 21: if (one_in(3)) leave(any_block()); break;
      case 22: if (shape_.has_faults && one_in(2)) fault(); break;
      case 23: if (may_end && one_in(6)) end(any_place()); break;
    }
    --depth_;
  }

  /// One that begins while the pool gives blocks back keeps it from that: more may be idle then.
  void capture() {
    world.is_capturing = !world.is_capturing && one_in(4) && (depth_ == 1 || may_exceed_bound);
  }
  void request(int place) {
    ++in_flight_[place];
    allocate(any_size(), place);
    --in_flight_[place];
  }
  void give(std::uint64_t block) {
    if (block == 0) return;
    const int place = mine[block];
    ++in_flight_[place];
    const bool was_pooled = pool->requested_of(block) != 0;
    if (free(block) != Code::Success && was_pooled && pool->requested_of(block) == 0)
      world.violation("a block that the driver would not take back is lost");
    if (shape_.retires_at_once) {
      Source asked = source();
      pool->settled(asked, domain(place), pool->newest_free(domain(place)));
    }
    --in_flight_[place];
    if (code == Code::Success && one_in(8) && mine.find(block) == mine.end() && pool->owns(block)) {
      Source asked{world, block};
      bool is_ours = false;
      if (pool->requested_of(block) == 0 && pool->free(asked, block, is_ours) != Code::NoSuchBlock)
        world.violation("a second free was served");
    }
  }
  /// The block is freed by another way.
  void leave(std::uint64_t block) {
    if (block == 0) return;
    if (one_in(2)) pool->forget(block);  // else unseen
    else if (pool->requested_of(block) == 0) return;
    world.free_unseen(block);
    mine.erase(block);
  }
  void trim() {
    Source asked = source();
    pool->trim(asked, static_cast<std::uint64_t>(any(2)), random_() % (16 * kMiB));
  }
  void fault() {
    static constexpr Code kCodes[] = {Code::NoMemory, Code::Failed, Code::NotNow};
    static constexpr Fn kFns[] = {Fn::Allocate, Fn::Release, Fn::Wait, Fn::Mark, Fn::Look, Fn::Map};
    world.fail(kFns[any(6)], 1 + random_() % 4, kCodes[any(3)], 1 + random_() % 3);
  }
  /// Nobody ends a place that a call of his is in.
  void end(int place) {
    if (in_flight_[place] != 0) return;
    if (one_in(3)) {
      Domain& it = domain(place);
      pool->ending(it);
      ++in_flight_[place];
      if (depth_ == 1) operate(false);
      --in_flight_[place];
      Source asked = source();
      pool->ended(asked, it, false);
    } else {
      if (one_in(4)) pool->broke(domain(place));
      end_place(place);
    }
  }

  Shape shape_;
  std::mt19937_64 random_;
  std::map<int, int> in_flight_;
  int depth_ = 0;
};

/// More of them for a long run.
std::uint64_t seeds() {
  const char* const text = std::getenv("WEIR_TEST_SEEDS");
  return text != nullptr ? std::strtoull(text, nullptr, 10) : 8;
}

TEST(SharedPoolRandomPrograms, NoBlockIsHandedOutTooEarlyAndNoneIsLost) {
  std::uint64_t hits = 0, fences = 0, rescues = 0;
  for (const FreeMode mode : {FreeMode::Strict, FreeMode::Deferred})
    for (const Classes classes : {Classes::Fine, Classes::Pow2})
      for (const std::uint64_t idle_max : {std::uint64_t{0}, 8 * kMiB, kGiB})
        for (const bool has_faults : {false, true})
          for (std::uint64_t seed = 0; seed != seeds(); ++seed) {
            SCOPED_TRACE(testing::Message() << "mode " << static_cast<int>(mode) << " classes "
                                            << static_cast<int>(classes) << " idle_max " << idle_max
                                            << " faults " << has_faults << " seed " << seed);
            const std::uint64_t capacity = seed % 2 == 0 ? 64 * kMiB : kGiB;
            RandomProgram program{{mode, classes, idle_max, capacity, has_faults, false}, seed};
            program.run(2'000);
            hits += program.record.hits;
            fences += program.record.retired_by_fence;
            for (int i = 0; i != 6; ++i) rescues += program.record.rescued[i];
            program.check();
            if (testing::Test::HasFailure()) return;
          }
  EXPECT_GT(hits, 1000U);
  EXPECT_GT(fences, 1000U);
  EXPECT_GT(rescues, 100U);
}

TEST(SharedPoolRandomPrograms, APoolThatTakesAFreeForAProofIsCaught) {
  for (std::uint64_t seed = 0; seed != 20; ++seed) {
    RandomProgram program{{FreeMode::Deferred, Classes::Fine, kGiB, kGiB, false, true}, seed};
    program.run(2'000);
    bool is_caught = false;
    for (const std::string& what : program.world.take_violations())
      is_caught |= what == "a block was handed out while earlier work may touch it" ||
          what == "a block was shed while earlier work may touch it";
    EXPECT_TRUE(is_caught) << "seed " << seed;
  }
}

}  // namespace
}  // namespace weir::pool::test
