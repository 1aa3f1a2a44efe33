// Threads that allocate, free, synchronise, capture and end places, all in one pool: a program of its own, built with
// ThreadSanitizer. The oracle of the fake driver judges what they get.
//
//   shared_threads [OPERATIONS]    of each thread
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <shared_mutex>
#include <thread>

#include "unit/pool/fake_source.hpp"

namespace weir::pool::test {
namespace {

constexpr int kThreads = 4, kPlaces[] = {1, 2, 11};
constexpr std::uint64_t kMiB = 1U << 20;

struct Shared {
  FakeWorld world;
  SharedPool<FakeSource> pool{};
  profile::PoolRecord record{};
  profile::PoolClassRecord classes[kBins]{};
  Policy policy{Classes::Fine, FreeMode::Strict, 16 * kMiB, 200'000};
  std::shared_mutex uses[3];  ///< of places: nobody ends one that another thread has a call in
};

class Thread {
 public:
  Thread(Shared& shared, std::uint64_t seed) : shared_{shared}, random_{seed} {}

  void run(int operations) {
    for (int i = 0; i != operations; ++i) {
      const int which = any(3), place = kPlaces[which];
      if (any(800) == 0) {
        end(which);
        continue;
      }
      const std::shared_lock use{shared_.uses[which]};
      forget_lost(which);
      switch (any(12)) {
        case 0: case 1: case 2: case 3: case 4: request(which); break;
        case 5: case 6: case 7: give(which); break;
        case 8: shared_.world.step(place, any(FakeWorld::kLanes)); break;
        case 9: if (any(4) == 0) synchronise(which); break;
        case 10: if (any(8) == 0) shared_.world.is_capturing = !shared_.world.is_capturing && any(4) == 0; break;
        case 11: ask(which); break;
      }
    }
    for (int which = 0; which != 3; ++which) {
      const std::shared_lock use{shared_.uses[which]};
      forget_lost(which);
      while (!mine_[which].empty()) give(which);
    }
  }

 private:
  int any(int count) { return static_cast<int>(random_() % static_cast<std::uint64_t>(count)); }
  auto* domain(int place) {
    return shared_.pool.open(place, static_cast<std::uint64_t>(FakeWorld::group_of(place)), shared_.policy,
                             {&shared_.record, shared_.classes});
  }
  /// The place has ended since, and what this thread had there is gone.
  void forget_lost(int which) {
    if (const std::uint32_t lives = lives_[which].load(); seen_[which] != lives) {
      seen_[which] = lives;
      mine_[which].clear();
    }
  }
  void request(int which) {
    static constexpr std::uint64_t kSizes[] = {400, 5000, 64'000, kMiB, 2 * kMiB, 5 * kMiB};
    const std::uint64_t bytes = kSizes[any(6)];
    std::uint64_t address = 0;
    FakeSource source{shared_.world};
    if (shared_.pool.allocate(source, *domain(kPlaces[which]), bytes, address) != Code::Success) return;
    shared_.world.judge_handout(address, bytes);
    for (int i = any(3); i != 0; --i)
      shared_.world.submit(kPlaces[which], address, any(FakeWorld::kLanes));
    mine_[which].push_back(address);
  }
  void give(int which) {
    if (mine_[which].empty()) return;
    std::swap(mine_[which][static_cast<std::size_t>(any(static_cast<int>(mine_[which].size())))],
              mine_[which].back());
    const std::uint64_t address = mine_[which].back();
    mine_[which].pop_back();
    FakeSource source{shared_.world, address};
    bool is_ours = false;
    Code result = shared_.pool.free(source, address, is_ours);
    int place = kPlaces[which];
    if (!is_ours) result = source.release(place, address);
    if (result != Code::Success) shared_.world.violation("a block could not be freed");
  }
  void synchronise(int which) {
    auto& settling = *domain(kPlaces[which]);
    FakeSource source{shared_.world};
    const std::uint64_t upto = shared_.pool.newest_free(settling);
    shared_.world.complete(kPlaces[which]);
    shared_.pool.settled(source, settling, upto);
  }
  void ask(int which) {
    FakeSource source{shared_.world};
    if (any(20) == 0) shared_.pool.trim(source, static_cast<std::uint64_t>(any(2)), 4 * kMiB);
    (void)shared_.pool.held(0);
    if (!mine_[which].empty() && any(8) == 0) shared_.pool.mark_exported(mine_[which].back());
  }
  void end(int which) {
    const std::unique_lock alone{shared_.uses[which]};
    FakeSource source{shared_.world};
    auto& ending = *domain(kPlaces[which]);
    shared_.pool.ending(ending);
    const bool is_over = any(3) != 0;
    if (is_over) {
      shared_.world.destroy(kPlaces[which]);
      ++lives_[which];
    }
    shared_.pool.ended(source, ending, is_over);
  }

  Shared& shared_;
  std::mt19937_64 random_;
  std::vector<std::uint64_t> mine_[3];
  std::uint32_t seen_[3]{};
  static inline std::atomic<std::uint32_t> lives_[3]{};
};

int run(FreeMode mode, int operations) {
  Shared shared;
  shared.policy.free_mode = mode;
  shared.world.capacity = 96 * kMiB;
  shared.world.is_strict_about_captures = false;
  shared.world.on_pause = [] { std::this_thread::sleep_for(std::chrono::microseconds{20}); };
  {
    std::vector<std::jthread> threads;
    for (std::uint64_t i = 0; i != kThreads; ++i)
      threads.emplace_back([&shared, i, operations] { Thread{shared, i}.run(operations); });
  }
  shared.world.is_capturing = false;
  FakeSource source{shared.world};
  for (const int place : kPlaces) {
    auto& domain = *shared.pool.open(place, 0, shared.policy, {&shared.record, shared.classes});
    shared.world.complete(place);
    shared.pool.settled(source, domain, shared.pool.newest_free(domain));
  }
  for (const std::uint64_t group : {0U, 1U}) shared.pool.trim(source, group, 0);
  const auto violations = shared.world.violations();
  for (const std::string& what : violations) std::printf("%s\n", what.c_str());
  const auto& record = shared.record;
  std::printf("%s: hits %lu misses %lu fences done %lu rescues %lu %lu %lu %lu %lu ends %lu; left: blocks %lu fences %lu\n",
              mode == FreeMode::Strict ? "strict" : "deferred", record.hits, record.misses,
              record.retired_by_fence, record.rescued[0], record.rescued[1], record.rescued[2],
              record.rescued[3], record.rescued[4], record.contexts_ended, shared.world.granted_blocks(),
              shared.world.fences());
  return violations.empty() && shared.world.granted_blocks() == 0 && shared.world.fences() == 0 ? 0 : 1;
}

}  // namespace
}  // namespace weir::pool::test

int main(int count, char** words) {
  using namespace weir::pool;
  const int operations = count > 1 ? std::atoi(words[1]) : 12'000;
  return test::run(FreeMode::Strict, operations) | test::run(FreeMode::Deferred, operations);
}
