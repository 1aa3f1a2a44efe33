// A program that uses a SharedPool over the fake driver: it knows what it has, judges what it gets, and at its end wants the
// books of the driver, of the pool and its own to agree.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>

#include "unit/pool/fake_source.hpp"

namespace weir::pool::test {

inline constexpr std::uint64_t kKiB = 1024, kMiB = 1024 * kKiB, kGiB = 1024 * kMiB;

/// Sources of other kinds have a setup like this one.
struct PlainSetup {
  using Source = FakeSource;
  static Source source(FakeWorld& world) { return FakeSource{world}; }
  static Source freeing(FakeWorld& world, std::uint64_t address) { return FakeSource{world, address}; }
  static constexpr bool grants_one_by_one = true;  ///< a block of the pool is a block of the driver
};

template <class Setup = PlainSetup>
class Program {
 public:
  using Source = typename Setup::Source;
  using Pool = SharedPool<Source>;
  using Domain = typename Pool::Domain;

  explicit Program(FreeMode mode = FreeMode::Strict) { policy.free_mode = mode; }
  ~Program() { check(); }

  FakeWorld world;
  Policy policy{Classes::Fine, FreeMode::Strict, kGiB, 100'000'000};
  profile::PoolRecord record{};  ///< of all places
  std::array<profile::PoolClassRecord, kBins> classes{};
  std::unique_ptr<Pool> pool{new Pool{}};  // all-zero
  std::map<std::uint64_t, int> mine;       ///< address → place
  std::map<int, Domain*> domains;

  Domain& domain(int place) {
    Domain*& known = domains[place];
    if (known == nullptr)
      known = pool->open(place, static_cast<std::uint64_t>(FakeWorld::group_of(place)), policy,
                         {&record, classes.data()});
    return *known;
  }
  Source source() { return Setup::source(world); }

  /// 0: not served, see `code`.
  std::uint64_t allocate(std::uint64_t bytes, int place = 1) {
    constexpr std::uint64_t kUntouched = 77;
    std::uint64_t address = kUntouched;
    Source asked = source();
    code = pool->allocate(asked, domain(place), bytes, address);
    if (code != Code::Success) {
      if (address != kUntouched) world.violation("a failed request has set the address");
      return 0;
    }
    world.judge_handout(address, bytes);
    if (!mine.emplace(address, place).second) world.violation("a block was handed out twice");
    check_bound();
    return address;
  }
  /// As a wrapper does: the program's books know it no more before it is freed, and what the pool does not know is freed
  /// by the driver.
  Code free(std::uint64_t address) {
    const auto it = mine.find(address);
    const bool was_mine = it != mine.end();
    int place = was_mine ? it->second : 1;
    if (was_mine) mine.erase(it);
    Source asked = Setup::freeing(world, address);
    bool is_ours = false;
    Code result = pool->free(asked, address, is_ours);
    if (!is_ours && was_mine) result = asked.release(place, address);
    if (was_mine && result != Code::Success) mine.emplace(address, place);
    was_ours = is_ours;
    check_bound();
    return code = result;
  }
  /// The program synchronises the place.
  void synchronise(int place = 1) {
    Domain& settling = domain(place);
    const std::uint64_t upto = pool->newest_free(settling);
    world.complete(place);
    Source asked = source();
    pool->settled(asked, settling, upto);
    check_bound();
  }
  void end_place(int place) {
    Domain& ending = domain(place);
    domains.erase(place);
    pool->ending(ending);
    world.destroy(place);
    std::erase_if(mine, [place](const auto& entry) { return entry.second == place; });
    Source asked = source();
    pool->ended(asked, ending, true);
  }

  [[nodiscard]] typename Pool::Held held(int group = 0) { return pool->held(static_cast<std::uint64_t>(group)); }

  /// Idle bytes never exceed the bound when a call returns: one bound for all places whose numbers are kept together.
  void check_bound() {
    std::uint64_t idle = 0;
    for (const auto& [place, domain] : domains)
      if (domain != nullptr) idle += domain->cache.idle_bytes();
    if (idle > policy.idle_max && !may_exceed_bound)
      world.violation("more bytes are idle than the bound allows");
  }
  void check_books() {
    if (Setup::grants_one_by_one) {
      EXPECT_EQ(world.granted_blocks(), mine.size() + static_cast<std::uint64_t>(record.idle_blocks) +
                                            static_cast<std::uint64_t>(record.pending_blocks))
          << "the driver's blocks are the program's and the pool's";
    }
    std::int64_t live = 0, idle = 0, pending = 0;
    for (const auto& in_class : classes) {
      live += in_class.live_blocks;
      idle += in_class.idle_blocks;
      pending += in_class.pending_blocks;
    }
    EXPECT_EQ(live, record.live_blocks);
    EXPECT_EQ(idle, record.idle_blocks);
    EXPECT_EQ(pending, record.pending_blocks);
  }
  /// All of it, and that nothing is left when the program gives back what it has.
  void check() {
    for (const std::string& what : world.violations()) ADD_FAILURE() << what;
    check_books();
    world.no_faults();
    world.is_capturing = false;
    world.aside = -1;
    while (!mine.empty()) {
      const auto [address, place] = *mine.begin();
      world.complete(place);
      if (free(address) != Code::Success) {
        ADD_FAILURE() << "a block that the program has could not be freed";
        mine.erase(address);
      }
    }
    for (const auto& [place, domain] : domains)
      if (domain != nullptr && domain->is_open) synchronise(place);
    Source asked = source();
    for (const int group : {0, 1, 2}) pool->trim(asked, static_cast<std::uint64_t>(group), 0);
    if (!leaves_blocks) {
      EXPECT_EQ(record.live_blocks, 0);
      EXPECT_EQ(record.idle_blocks, 0);
      EXPECT_EQ(record.pending_blocks, 0);
      EXPECT_EQ(record.requested_bytes, 0);
      EXPECT_EQ(world.granted_blocks(), 0U) << "blocks of the driver are lost";
      EXPECT_EQ(world.fences(), 0U) << "fences are lost";
    }
  }

  Code code = Code::Success;
  bool was_ours = false;
  bool may_exceed_bound = false;  ///< the driver refuses to take blocks back
  bool leaves_blocks = false;     ///< a place that is broken at the end keeps what it has
};

}  // namespace weir::pool::test
