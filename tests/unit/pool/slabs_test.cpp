// What is carved from slabs, and which of them go back.
#include "core/pool/slabs.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <vector>

#include "support/slab_history.hpp"

namespace weir::pool {
namespace {

constexpr std::uint64_t kBase = 1ULL << 40, kSlab = Slabs::kSlabBytes;

using test::TestPages;
constexpr Pages kPages = test::kTestPages;

class SlabsTest : public ::testing::Test {
 protected:
  ~SlabsTest() override { TestPages::clear(); }
  std::uint64_t carve(std::uint64_t bytes) {
    std::uint64_t address = 0;
    return slabs_.carve(bytes, address) ? address : 0;
  }
  Slabs slabs_{};
};

TEST_F(SlabsTest, AllZeroIsEmpty) {
  Slabs::Carved carved;
  EXPECT_EQ(carve(512), 0U);
  EXPECT_FALSE(slabs_.find(0, carved));
  EXPECT_FALSE(slabs_.begins(kBase));
  EXPECT_EQ(slabs_.give_back(kBase), 0U);
  EXPECT_EQ(slabs_.take_empty(), 0U);
  slabs_.seal(kBase);
  slabs_.lose_all();
}

TEST_F(SlabsTest, CarvesByAddressUntilNothingIsLeft) {
  ASSERT_TRUE(slabs_.add(kPages, kBase));
  for (std::uint64_t at = 0; at != kSlab; at += 512) ASSERT_EQ(carve(1 + at % 512), kBase + at);
  EXPECT_EQ(carve(1), 0U);
  EXPECT_EQ(slabs_.carved_bytes(), kSlab);
}

TEST_F(SlabsTest, NeighboursThatAreFreedAreOneRange) {
  ASSERT_TRUE(slabs_.add(kPages, kBase));
  std::vector<std::uint64_t> blocks;
  while (const std::uint64_t block = carve(64 << 10)) blocks.push_back(block);
  ASSERT_EQ(blocks.size(), 32U);
  EXPECT_EQ(slabs_.give_back(blocks[7]), 0U);
  EXPECT_EQ(slabs_.give_back(blocks[5]), 0U);
  EXPECT_EQ(carve(65 << 10), 0U);
  EXPECT_EQ(slabs_.give_back(blocks[6]), 0U);
  EXPECT_EQ(carve(192 << 10), blocks[5]);
}

TEST_F(SlabsTest, LargerBlocksBeginOnPages) {
  ASSERT_TRUE(slabs_.add(kPages, kBase));
  ASSERT_EQ(carve(512), kBase);
  EXPECT_EQ(carve(64 << 10), kBase + 4096);
  EXPECT_EQ(carve(512), kBase + 512) << "what lies before is not lost";
}

TEST_F(SlabsTest, TheFullestSlabThatMayHoldItIsCarved) {
  ASSERT_TRUE(slabs_.add(kPages, kBase));
  std::vector<std::uint64_t> first;
  for (int i = 0; i != 8; ++i) first.push_back(carve(256 << 10));
  ASSERT_TRUE(slabs_.add(kPages, kBase + kSlab));
  ASSERT_EQ(carve(512), kBase + kSlab);
  ASSERT_EQ(slabs_.give_back(first[3]), 0U);
  EXPECT_EQ(carve(512), first[3]);
  EXPECT_EQ(slabs_.give_back(kBase + kSlab), 0U) << "it is empty, and kept";
}

TEST_F(SlabsTest, OneEmptySlabIsKept) {
  ASSERT_TRUE(slabs_.add(kPages, kBase));
  const std::uint64_t first = carve(512);
  ASSERT_EQ(slabs_.give_back(first), 0U);
  EXPECT_EQ(slabs_.slabs(), 1U);
  ASSERT_EQ(carve(512), first) << "and used again";
  ASSERT_TRUE(slabs_.add(kPages, kBase + kSlab));
  ASSERT_EQ(slabs_.give_back(first), kBase) << "the second one goes";
  EXPECT_EQ(slabs_.take_empty(), kBase + kSlab);
  EXPECT_EQ(slabs_.slabs(), 0U);
}

TEST_F(SlabsTest, ASealedSlabGoesWhenItIsEmpty) {
  ASSERT_TRUE(slabs_.add(kPages, kBase));
  const std::uint64_t first = carve(512), second = carve(512);
  slabs_.seal(first + 5);
  EXPECT_EQ(carve(512), 0U);
  EXPECT_EQ(slabs_.give_back(first), 0U);
  EXPECT_EQ(carve(512), 0U);
  EXPECT_EQ(slabs_.give_back(second), kBase);
}

TEST_F(SlabsTest, AnInteriorAddressFindsItsBlock) {
  ASSERT_TRUE(slabs_.add(kPages, kBase));
  ASSERT_EQ(carve(1000), kBase);
  ASSERT_EQ(carve(512), kBase + 1024);
  Slabs::Carved carved;
  ASSERT_TRUE(slabs_.find(kBase + 1023, carved));
  EXPECT_EQ(carved.base, kBase);
  EXPECT_EQ(carved.bytes, 1024U);
  ASSERT_TRUE(slabs_.find(kBase + 2000, carved));
  EXPECT_EQ(carved.slab, kBase);
  EXPECT_EQ(carved.bytes, 0U) << "nothing is there";
  EXPECT_FALSE(slabs_.find(kBase + kSlab, carved));
  EXPECT_FALSE(slabs_.find(kBase - 1, carved));
}

TEST_F(SlabsTest, WithoutMemoryNothingChanges) {
  TestPages::is_full = true;
  EXPECT_FALSE(slabs_.add(kPages, kBase));
  EXPECT_EQ(slabs_.slabs(), 0U);
  TestPages::is_full = false;
  std::uint64_t slabs = 0;
  for (; slabs != 2000; ++slabs) {
    ASSERT_TRUE(slabs_.add(kPages, kBase + (slabs * 1237 % 2000) * kSlab));
    TestPages::is_full = true;
    const bool is_added = slabs_.add(kPages, kBase + 5000 * kSlab);
    TestPages::is_full = false;
    EXPECT_EQ(slabs_.slabs(), slabs + 1 + (is_added ? 1 : 0));
    if (is_added) {
      ASSERT_NE(slabs_.take_empty(), 0U);
      ASSERT_EQ(slabs_.slabs(), slabs + 1);
      break;
    }
  }
}

TEST_F(SlabsTest, ManySlabsAreFilledAndGoBack) {
  constexpr std::uint64_t kMany = 1500;
  std::set<std::uint64_t> granted;
  std::vector<std::uint64_t> blocks;
  while (granted.size() != kMany || blocks.size() != kMany * 8) {
    if (const std::uint64_t block = carve(256 << 10)) {
      blocks.push_back(block);
    } else {
      const std::uint64_t base = kBase + granted.size() * 977 % kMany * kSlab;
      ASSERT_TRUE(granted.insert(base).second);
      ASSERT_TRUE(slabs_.add(kPages, base));
    }
  }
  std::shuffle(blocks.begin(), blocks.end(), std::mt19937_64{5});
  for (const std::uint64_t block : blocks)
    if (const std::uint64_t base = slabs_.give_back(block)) {
      ASSERT_EQ(granted.erase(base), 1U);
    }
  EXPECT_EQ(granted.size(), 1U);
  EXPECT_EQ(slabs_.take_empty(), *granted.begin());
}

TEST(SlabHistory, AgreesWithAModelAtEveryStep) {
  for (std::uint64_t seed = 1; seed != 25; ++seed) {
    std::mt19937_64 random{seed};
    test::SlabHistory history;
    std::size_t most = 0;
    for (int step = 0; step != 6000 / WEIR_TEST_STRIDE; ++step) {
      std::uint8_t what = static_cast<std::uint8_t>(random());
      if (what % 16 < 7 && step / 1000 % 2 == 1 && random() % 2 == 0) what = 8;  // it fills and empties in turns
      if (what % 16 == 15 && random() % 4 != 0) what = 0;
      history.step(what, static_cast<std::uint16_t>(random()), static_cast<std::uint16_t>(random()));
      ASSERT_EQ(history.wrong(), "") << "seed " << seed << ", step " << step;
      most = std::max(most, history.slabs());
    }
    EXPECT_GT(most, 3U);
  }
}

}  // namespace
}  // namespace weir::pool
