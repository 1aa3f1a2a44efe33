// A table of the profile: records found by number, made by whole chunks.
#include "core/track/table.hpp"

#include <gtest/gtest.h>

#include "support/small_profile.hpp"

namespace weir::track {
namespace {

using Nodes = Table<profile::NodeRecord, profile::ChunkKind::Nodes>;

TEST(Table, MakesAChunkWhenItsFirstRecordIsWanted) {
  test::SmallProfile small;
  Nodes nodes{};
  ASSERT_TRUE(nodes.begin(small.map.max_chunks()));
  EXPECT_EQ(small.map.used_chunks(), 2U);
  profile::NodeRecord* first = nodes.make(small.map, 0);
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(nodes.make(small.map, Nodes::kPerChunk - 1), first + Nodes::kPerChunk - 1);
  EXPECT_EQ(small.map.used_chunks(), 3U);
  profile::NodeRecord* next = nodes.make(small.map, Nodes::kPerChunk);
  ASSERT_NE(next, nullptr);
  EXPECT_EQ(small.map.entries()[3].index, 1U);
  next->pc = 42;
  EXPECT_EQ(nodes[Nodes::kPerChunk].pc, 42U);
  EXPECT_EQ(&nodes[0], first);
}

TEST(Table, EndsWithTheProfile) {
  test::SmallProfile small;
  Nodes nodes{};
  ASSERT_TRUE(nodes.begin(small.map.max_chunks()));
  ASSERT_NE(nodes.make(small.map, 0), nullptr);
  small.fill();
  EXPECT_EQ(nodes.make(small.map, Nodes::kPerChunk), nullptr);
  EXPECT_NE(nodes.make(small.map, 1), nullptr);  // its chunk is there
  EXPECT_EQ(nodes.make(small.map, ~0U), nullptr);
}

}  // namespace
}  // namespace weir::track
