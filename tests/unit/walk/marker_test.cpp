// What is reached from given roots, and how the rest is told apart.
#include "core/walk/marker.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "tests/unit/walk/tagged_blocks.hpp"

namespace weir::walk {
namespace {

using test::TaggedBlocks;

/// Blocks of some words each, pointing at each other as a test wishes.
class Graph {
 public:
  explicit Graph(std::size_t nodes, std::size_t bytes = 64) {
    for (std::size_t i = 0; i != nodes; ++i) {
      nodes_.push_back(static_cast<std::uintptr_t*>(blocks_.make(bytes, 0)));
      // All that may be used, not only what was asked for.
      std::fill_n(nodes_.back(), host::read_tag(nodes_.back(), host::class_bytes_of(nodes_.back())).usable / 8, 0);
    }
    // Classification goes by address.
    std::sort(nodes_.begin(), nodes_.end());
  }
  std::uintptr_t* operator[](std::size_t i) { return nodes_[i]; }
  void link(std::size_t from, std::size_t to, std::size_t offset = 0) {
    std::uintptr_t* word = nodes_[from];
    while (*word != 0) ++word;
    *word = address_of(nodes_[to]) + offset;
  }

  std::vector<State> judge(std::vector<std::uintptr_t> roots, bool reads_slack = false) {
    Heap heap;
    EXPECT_TRUE(heap.build());
    Marker marker{heap};
    if (reads_slack) marker.read_slack();
    EXPECT_TRUE(marker.begin());
    marker.scan_roots(address_of(roots.data()), address_of(roots.data() + roots.size()));
    marker.classify();
    std::vector<State> states;
    for (std::uintptr_t* node : nodes_) {
      Place place{};
      EXPECT_TRUE(heap.find(address_of(node), place));
      states.push_back(heap.state(place));
    }
    return states;
  }

 private:
  TaggedBlocks blocks_;
  std::vector<std::uintptr_t*> nodes_;
};

constexpr State kReachable = State::Reachable, kLost = State::Lost, kLostToo = State::LostToo;
using States = std::vector<State>;

TEST(WalkMarker, FollowsAChainFromARoot) {
  Graph graph{4};
  graph.link(0, 1);
  graph.link(1, 2);
  EXPECT_EQ(graph.judge({address_of(graph[0])}), (States{kReachable, kReachable, kReachable, kLost}));
}

TEST(WalkMarker, InteriorAndEndPointersCount) {
  Graph graph{3};
  graph.link(0, 1, 37);
  graph.link(1, 2, 64);
  EXPECT_EQ(graph.judge({address_of(graph[0]) + 63}), (States{kReachable, kReachable, kReachable}));
}

TEST(WalkMarker, WhatIsBehindARequestCountsOnlyIfTheProgramKnowsOfIt) {
  for (const std::size_t bytes : {65, 71, 33000}) {  // the last has so much room that its request stands there
    Graph graph{2, bytes};
    graph[0][bytes / 8] = address_of(graph[1]);  // in part, or wholly, behind
    EXPECT_EQ(graph.judge({address_of(graph[0])}), (States{kReachable, kLost})) << bytes;
    EXPECT_EQ(graph.judge({address_of(graph[0])}, true), (States{kReachable, kReachable})) << bytes;
    graph[0][bytes / 8 - 1] = address_of(graph[1]);
    EXPECT_EQ(graph.judge({address_of(graph[0])}), (States{kReachable, kReachable})) << bytes;
  }
}

TEST(WalkMarker, ABlockIsNotWhereItsPlaceHasRoomBehindItsEnd) {
  for (const std::size_t bytes : {65, 3264, 33000}) {
    Graph graph{1, bytes};
    EXPECT_EQ(graph.judge({address_of(graph[0]) + bytes}), (States{kReachable})) << bytes;
    EXPECT_EQ(graph.judge({address_of(graph[0]) + bytes + 1}), (States{kLost})) << bytes;
    EXPECT_EQ(graph.judge({address_of(graph[0]) + bytes + 1}, true), (States{kReachable})) << bytes;
  }
}

TEST(WalkMarker, ALostListIsOneLostBlockAndWhatItLeadsTo) {
  Graph graph{3};
  graph.link(0, 1);
  graph.link(1, 2);
  EXPECT_EQ(graph.judge({}), (States{kLost, kLostToo, kLostToo}));
}

TEST(WalkMarker, ALostListIsOneLostBlockWhicheverWayItsAddressesGo) {
  Graph graph{3};
  graph.link(2, 1);
  graph.link(1, 0);
  EXPECT_EQ(graph.judge({}), (States{kLostToo, kLostToo, kLost}));
}

TEST(WalkMarker, ACycleIsOneLostBlock) {
  Graph graph{3};
  graph.link(0, 1);
  graph.link(1, 2);
  graph.link(2, 0);
  EXPECT_EQ(graph.judge({}), (States{kLost, kLostToo, kLostToo}));
}

TEST(WalkMarker, ABlockThatOnlyPointsToItselfIsLost) {
  Graph graph{2};
  graph.link(0, 0, 8);
  EXPECT_EQ(graph.judge({address_of(graph[1])}), (States{kLost, kReachable}));
}

TEST(WalkMarker, AReachableCycleIsReachable) {
  Graph graph{2};
  graph.link(0, 1);
  graph.link(1, 0);
  EXPECT_EQ(graph.judge({address_of(graph[1])}), (States{kReachable, kReachable}));
}

TEST(WalkMarker, WhatAFreedBlockHoldsIsNotFollowed) {
  TaggedBlocks blocks;
  auto* freed = static_cast<std::uintptr_t*>(blocks.make(64, 0));
  void* held = blocks.make(64, 0);
  freed[2] = address_of(held);
  blocks.release(freed);
  Heap heap;
  ASSERT_TRUE(heap.build());
  Marker marker{heap};
  ASSERT_TRUE(marker.begin());
  marker.root(address_of(freed));
  marker.classify();
  Place place{};
  ASSERT_TRUE(heap.find(address_of(held), place));
  EXPECT_EQ(heap.state(place), State::Lost);
}

TEST(WalkMarker, LooksIntoLargeBlocksOnlyWhereTheyWereWritten) {
  Graph graph{1};
  TaggedBlocks blocks;
  constexpr std::size_t kBytes = 64 << 20;
  auto* large = static_cast<std::uintptr_t*>(blocks.make(kBytes, 0));
  large[kBytes / 16] = address_of(graph[0]);
  EXPECT_EQ(graph.judge({address_of(large)}), (States{kReachable}));
  large[kBytes / 16] = 0;
  EXPECT_EQ(graph.judge({address_of(large)}), (States{kLost}));
}

/// A random graph, against a plain search over it. Each node has fewer than `most` edges.
void compare_with_plain_search(unsigned seed, std::size_t nodes, std::size_t most, std::size_t root_count) {
  std::mt19937 random{seed};
  Graph graph{nodes, 128};
  std::vector<std::vector<std::size_t>> edges(nodes);
  for (std::size_t i = 0; i != nodes; ++i)
    for (std::size_t k = random() % most; k != 0; --k) {
      edges[i].push_back(random() % nodes);
      graph.link(i, edges[i].back(), random() % 129);
    }
  std::vector<bool> reached(nodes);
  std::vector<std::size_t> todo;
  std::vector<std::uintptr_t> roots;
  for (std::size_t i = 0; i != root_count; ++i) {
    todo.push_back(random() % nodes);
    roots.push_back(address_of(graph[todo.back()]));
  }
  while (!todo.empty()) {
    const std::size_t node = todo.back();
    todo.pop_back();
    if (reached[node]) continue;
    reached[node] = true;
    todo.insert(todo.end(), edges[node].begin(), edges[node].end());
  }
  const States states = graph.judge(roots);
  // A lost block that another lost one points to is not a leader, but in a cycle.
  std::vector<bool> pointed(nodes);
  for (std::size_t i = 0; i != nodes; ++i)
    for (const std::size_t to : edges[i])
      if (to != i) pointed[to] = true;
  std::size_t wrong = 0;
  for (std::size_t i = 0; i != nodes; ++i) {
    wrong += (states[i] == kReachable) != reached[i];
    wrong += !reached[i] && !pointed[i] && states[i] != kLost;
  }
  EXPECT_EQ(wrong, 0U) << "seed " << seed;
}

TEST(WalkMarker, ReachesWhatAPlainSearchReaches) {
  for (unsigned seed = 1; seed != 9; ++seed) compare_with_plain_search(seed, 3000, 3, 20);
}

/// More wait than the stack takes: from few roots, and at once from many; lost ones, too.
TEST(WalkMarker, ReachesWhatAPlainSearchReachesWhereMostBlocksWait) {
  compare_with_plain_search(1, 150000, 4, 3);
  compare_with_plain_search(2, 150000, 3, 40000);
  compare_with_plain_search(3, 150000, 5, 0);
}

TEST(WalkMarker, FollowsAChainThatIsLongerThanTheStack) {
  constexpr std::size_t kNodes = 50000;
  Graph graph{kNodes};
  for (std::size_t i = 1; i != kNodes; ++i) graph.link(i * 7919 % kNodes, (i + 1) * 7919 % kNodes);
  const States states = graph.judge({address_of(graph[7919])});
  EXPECT_EQ(std::count(states.begin(), states.end(), kReachable), kNodes);
}

}  // namespace
}  // namespace weir::walk
