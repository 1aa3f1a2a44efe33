// Ranges with parts cut out.
#include "core/walk/holes.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace weir::walk {
namespace {

using Parts = std::vector<std::pair<std::uintptr_t, std::uintptr_t>>;

Parts parts_of(const Holes& holes, std::uintptr_t begin, std::uintptr_t end) {
  Parts parts;
  std::uintptr_t part_end;
  for (; holes.next(begin, end, part_end); begin = part_end) parts.emplace_back(begin, part_end);
  return parts;
}

TEST(WalkHoles, CutOutWhatTheyCover) {
  Holes holes;
  ASSERT_TRUE(holes.begin());
  holes.add(300, 400);
  holes.add(100, 200);
  holes.add(150, 250);
  holes.add(50, 50);
  holes.sort();
  EXPECT_EQ(parts_of(holes, 0, 500), (Parts{{0, 100}, {250, 300}, {400, 500}}));
  EXPECT_EQ(parts_of(holes, 120, 240), (Parts{}));
  EXPECT_EQ(parts_of(holes, 100, 350), (Parts{{250, 300}}));
  EXPECT_EQ(parts_of(holes, 400, 500), (Parts{{400, 500}}));
}

TEST(WalkHoles, NoneLeaveAllAsItIs) {
  Holes holes;
  ASSERT_TRUE(holes.begin());
  holes.sort();
  EXPECT_EQ(parts_of(holes, 5, 9), (Parts{{5, 9}}));
}

TEST(WalkHoles, AgreeWithABitForEachAddress) {
  std::mt19937 random{3};
  for (int round = 0; round != 200; ++round) {
    Holes holes;
    ASSERT_TRUE(holes.begin());
    std::vector<bool> cut(300);
    for (std::size_t i = random() % 20; i != 0; --i) {
      const std::uintptr_t begin = random() % 290, end = begin + random() % 10;
      holes.add(begin, end);
      for (std::uintptr_t at = begin; at != end; ++at) cut[at] = true;
    }
    holes.sort();
    const std::uintptr_t first = random() % 100, last = 200 + random() % 100;
    std::vector<bool> left(300);
    for (const auto& [begin, end] : parts_of(holes, first, last))
      for (std::uintptr_t at = begin; at != end; ++at) left[at] = true;
    for (std::uintptr_t at = 0; at != 300; ++at) EXPECT_EQ(left[at], at >= first && at < last && !cut[at]) << at;
  }
}

}  // namespace
}  // namespace weir::walk
