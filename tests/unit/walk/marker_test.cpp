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

/// Against a plain search over the same random graph.
TEST(WalkMarker, ReachesWhatAPlainSearchReaches) {
  for (unsigned seed = 1; seed != 9; ++seed) {
    std::mt19937 random{seed};
    constexpr std::size_t kNodes = 3000;
    Graph graph{kNodes, 128};
    std::vector<std::vector<std::size_t>> edges(kNodes);
    for (std::size_t i = 0; i != kNodes; ++i)
      for (std::size_t k = random() % 3; k != 0; --k) {
        edges[i].push_back(random() % kNodes);
        graph.link(i, edges[i].back(), random() % 129);
      }
    std::vector<bool> reached(kNodes);
    std::vector<std::size_t> todo;
    std::vector<std::uintptr_t> roots;
    for (int i = 0; i != 20; ++i) {
      todo.push_back(random() % kNodes);
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
    std::vector<bool> pointed(kNodes);
    for (std::size_t i = 0; i != kNodes; ++i)
      for (const std::size_t to : edges[i])
        if (to != i) pointed[to] = true;
    for (std::size_t i = 0; i != kNodes; ++i) {
      EXPECT_EQ(states[i] == kReachable, reached[i]) << i;
      if (!reached[i] && !pointed[i]) {
        EXPECT_EQ(states[i], kLost) << i;
      }
    }
  }
}

}  // namespace
}  // namespace weir::walk
