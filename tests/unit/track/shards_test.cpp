// Counters per thread: who gets which, what is left when the profile is full, and what a forked child inherits.
#include "core/track/shards.hpp"

#include <gtest/gtest.h>

#include <set>
#include <thread>
#include <vector>

#include "core/base/bits.hpp"
#include "support/small_profile.hpp"

namespace weir::track {
namespace {

using profile::CounterRecord;
using profile::kCountersPerChunk;

constexpr std::uint32_t kSites = 4 * kCountersPerChunk;

struct CountedSites : test::SmallProfile {
  Shards shards{};
  explicit CountedSites(std::uint32_t max_sites = kSites) { EXPECT_TRUE(shards.begin(map, max_sites)); }
  Shard& take() { return *shards.take(map); }
  CounterRecord* at(Shard& shard, std::uint32_t site) { return shards.make(map, shard, site); }
  void count(Shard& shard, std::uint32_t site, std::uint64_t blocks, std::uint64_t freed) {
    CounterRecord& counter = *at(shard, site);
    counter.allocated_blocks += blocks;
    counter.allocated_bytes += 10 * blocks;
    counter.freed_blocks += freed;
    counter.freed_bytes += 10 * freed;
  }
};

TEST(Shards, EveryThreadHasItsOwnAndNoneIsTheSharedOne) {
  CountedSites counted;
  EXPECT_EQ(counted.shards.shared()->number, 0U);
  EXPECT_TRUE(counted.shards.shared()->shared);
  std::set<unsigned> numbers{0};
  for (int i = 0; i != 5; ++i) {
    Shard& shard = counted.take();
    EXPECT_FALSE(shard.shared);
    EXPECT_TRUE(numbers.insert(shard.number).second);
  }
  EXPECT_EQ(counted.map.header().shard_count, 6U);
}

TEST(Shards, AnEndedThreadsShardServesTheNextWithItsSums) {
  CountedSites counted;
  Shard& first = counted.take();
  counted.count(first, 5, 3, 1);
  counted.shards.give_back(&first);
  Shard& next = counted.take();
  EXPECT_EQ(&next, &first);
  EXPECT_EQ(counted.at(next, 5)->allocated_blocks, 3U);
  EXPECT_EQ(counted.map.header().shard_count, 2U);
}

TEST(Shards, AreSingleWhileOneThreadHasOne) {
  CountedSites counted;
  EXPECT_TRUE(counted.shards.single());
  Shard& first = counted.take();
  EXPECT_TRUE(counted.shards.single());
  Shard& second = counted.take();
  EXPECT_FALSE(counted.shards.single());
  counted.shards.give_back(&second);
  EXPECT_TRUE(counted.shards.single());
  counted.shards.give_back(&first);
}

TEST(Shards, CountInPagesListedUnderTheirNumber) {
  CountedSites counted;
  Shard& shard = counted.take();
  const std::uint64_t used = counted.map.used_chunks();
  CounterRecord* counter = counted.at(shard, 2 * kCountersPerChunk + 7);
  EXPECT_EQ(counter, reinterpret_cast<CounterRecord*>(counted.map.chunk(used)) + 7);
  EXPECT_EQ(counted.map.entries()[used].kind, profile::ChunkKind::Counters);
  EXPECT_EQ(counted.map.entries()[used].owner, shard.number);
  EXPECT_EQ(counted.map.entries()[used].index, 2U);
  EXPECT_EQ(counted.at(shard, 2 * kCountersPerChunk + 7), counter);
}

TEST(Shards, ShareTheSharedOnesPageWhenTheProfileIsFull) {
  CountedSites counted;
  Shard& shard = counted.take();
  CounterRecord* shared = counted.at(*counted.shards.shared(), 300);
  counted.fill();
  EXPECT_EQ(counted.at(shard, 300), shared);
  EXPECT_EQ(counted.at(shard, 600), nullptr);  // no room anywhere
  EXPECT_NE(counted.at(shard, 0), nullptr);    // the page of the fixed sites was made at the start
}

TEST(Shards, BeyondTheirLimitThreadsShareTheFirst) {
  CountedSites counted{kCountersPerChunk};
  std::vector<Shard*> taken;
  while (taken.size() != 20'000) {
    taken.push_back(counted.shards.take(counted.map));
    if (taken.back()->shared) break;
  }
  EXPECT_EQ(taken.back(), counted.shards.shared());
  EXPECT_EQ(taken.size(), 16'384U);  // the shared one is the first of them
  counted.shards.give_back(taken.front());
  counted.shards.give_back(taken.back());
  EXPECT_EQ(counted.shards.take(counted.map), taken.front());  // the shared one is not handed out as someone's own
  EXPECT_EQ(counted.shards.take(counted.map), counted.shards.shared());
}

TEST(Sums, AddUpAllShardsFromTheFirstSiteOn) {
  CountedSites counted;
  Shard &a = counted.take(), &b = counted.take();
  counted.count(a, 1, 100, 100);
  counted.count(a, 2, 5, 1);
  counted.count(b, 2, 0, 3);  // freed by another thread
  counted.count(b, 900, 7, 0);
  const Sums from_two = counted.shards.sums(2);
  EXPECT_EQ(from_two.allocated_blocks, 12U);
  EXPECT_EQ(from_two.freed_blocks, 4U);
  EXPECT_EQ(from_two.allocated_bytes, 120U);
  EXPECT_EQ(from_two.freed_bytes, 40U);
  EXPECT_EQ(counted.shards.sums(0).allocated_blocks, 112U);
  EXPECT_EQ(counted.shards.sums(901).allocated_blocks, 0U);
}

TEST(FoldForChild, LeavesWhatIsLiveInTheSharedShard) {
  CountedSites counted;
  Shard &a = counted.take(), &b = counted.take();
  counted.count(a, 2, 5, 1);
  counted.count(b, 2, 0, 3);
  counted.count(b, 700, 7, 7);
  counted.count(a, 300, 4, 0);
  counted.shards.fold_for_child(counted.map, 701);
  const CounterRecord* folded = counted.at(*counted.shards.shared(), 2);
  EXPECT_EQ(folded->allocated_blocks, 1U);
  EXPECT_EQ(folded->allocated_bytes, 10U);
  EXPECT_EQ(folded->freed_blocks, 0U);
  EXPECT_EQ(counted.at(*counted.shards.shared(), 300)->allocated_blocks, 4U);
  EXPECT_EQ(counted.at(*counted.shards.shared(), 700)->allocated_blocks, 0U);
  const Sums sums = counted.shards.sums(0);
  EXPECT_EQ(sums.allocated_blocks, 5U);
  EXPECT_EQ(sums.freed_blocks, 0U);
}

TEST(FoldForChild, LeavesNothingOfSitesThatTheParentEnteredLater) {
  CountedSites counted;
  Shard& a = counted.take();
  counted.count(a, 301, 4, 0);
  counted.count(a, 302, 4, 0);
  counted.shards.fold_for_child(counted.map, 302);
  EXPECT_EQ(counted.at(*counted.shards.shared(), 301)->allocated_blocks, 4U);
  EXPECT_EQ(counted.at(*counted.shards.shared(), 302)->allocated_blocks, 0U);
}

TEST(FoldForChild, EmptiesTheOthersAndListsEveryPageOnce) {
  CountedSites counted;
  Shard &a = counted.take(), &b = counted.take();
  for (const std::uint32_t site : {2U, 300U, 700U}) counted.count(a, site, 1, 0), counted.count(b, site, 1, 0);
  counted.shards.fold_for_child(counted.map, 701);
  std::set<std::uint32_t> pages;
  for (std::uint64_t n = 0; n != counted.map.used_chunks(); ++n) {
    const profile::ChunkEntry& entry = counted.map.entries()[n];
    if (entry.kind != profile::ChunkKind::Counters) continue;
    EXPECT_EQ(entry.owner, 0U);
    EXPECT_TRUE(pages.insert(entry.index).second);
  }
  EXPECT_EQ(pages, (std::set<std::uint32_t>{0, 1, 2}));
  EXPECT_TRUE(counted.shards.single());
  Shard& again = counted.take();
  EXPECT_TRUE(&again == &a || &again == &b);
  EXPECT_EQ(counted.at(again, 2)->allocated_blocks, 0U);
}

TEST(Shards, ThreadsThatComeAndGoLoseNoCount) {
  CountedSites counted;
  constexpr int kThreads = 4, kRounds = 200;
  std::vector<std::thread> threads;
  for (int t = 0; t != kThreads; ++t)
    threads.emplace_back([&] {
      for (int round = 0; round != kRounds; ++round) {
        Shard& shard = counted.take();
        for (std::uint32_t site = 2; site < kSites; site += 100) {
          add_own(counted.at(shard, site)->allocated_blocks, 1);
          add_shared(counted.at(*counted.shards.shared(), site)->freed_blocks, 1);
        }
        (void)counted.shards.sums(0);
        counted.shards.give_back(&shard);
      }
    });
  for (std::thread& thread : threads) thread.join();
  const std::uint64_t each = divide_up(kSites - 2, 100);
  EXPECT_EQ(counted.shards.sums(0).allocated_blocks, each * kThreads * kRounds);
  EXPECT_EQ(counted.shards.sums(0).freed_blocks, each * kThreads * kRounds);
  EXPECT_LE(counted.map.header().shard_count, 1U + kThreads);
}

}  // namespace
}  // namespace weir::track
