// Address → block against std::map: whatever is done in whatever order, both say the same.
#include "core/pool/block_index.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <deque>
#include <map>
#include <random>
#include <set>

namespace weir::pool {
namespace {

bool g_is_full = false;
std::size_t g_mapped = 0;

void* map(std::size_t bytes) {
  if (g_is_full) return nullptr;
  g_mapped += bytes;
  return std::calloc(1, bytes);
}
void unmap(void* base, std::size_t bytes) {
  g_mapped -= bytes;
  std::free(base);
}
constexpr Pages kPages{map, unmap};

class BlockIndexTest : public ::testing::Test {
 protected:
  BlockIndexTest() {
    g_is_full = false;
    g_mapped = 0;
  }
  ~BlockIndexTest() override {
    index_.clear(kPages);
    EXPECT_EQ(g_mapped, 0U) << "pages given back";
  }
  Block* node(std::uint64_t address) {
    blocks_.push_back(Block{});
    blocks_.back().address = address;
    return &blocks_.back();
  }
  BlockIndex index_{};
  std::deque<Block> blocks_;
};

TEST_F(BlockIndexTest, AllZeroIsEmpty) {
  EXPECT_EQ(index_.find(0), nullptr);
  EXPECT_EQ(index_.find(512), nullptr);
  index_.erase(512);
  index_.erase_if([](Block*) { return true; });
  EXPECT_EQ(index_.size(), 0U);
  EXPECT_EQ(index_.own_bytes(), 0U);
}

TEST_F(BlockIndexTest, ABlockTakesThePlaceOfOneWithItsAddress) {
  Block* const first = node(4096);
  Block* const second = node(4096);
  ASSERT_TRUE(index_.insert(kPages, first));
  ASSERT_TRUE(index_.insert(kPages, second));
  EXPECT_EQ(index_.find(4096), second);
  EXPECT_EQ(index_.size(), 1U);
}

TEST_F(BlockIndexTest, WithoutMemoryNothingChanges) {
  g_is_full = true;
  EXPECT_FALSE(index_.insert(kPages, node(512)));
  EXPECT_EQ(index_.find(512), nullptr);
  g_is_full = false;
  std::uint64_t address = 512;
  while (index_.own_bytes() == 0 || index_.size() * 2 * sizeof(Block*) != index_.own_bytes())
    ASSERT_TRUE(index_.insert(kPages, node(address += 512)));
  g_is_full = true;
  EXPECT_FALSE(index_.insert(kPages, node(address + 512)));
  EXPECT_EQ(index_.find(address + 512), nullptr);
  EXPECT_TRUE(index_.insert(kPages, node(address))) << "one that is there already needs no room";
  for (std::uint64_t at = 1024; at <= address; at += 512) ASSERT_NE(index_.find(at), nullptr);
}

TEST_F(BlockIndexTest, AgreesWithAMapThroughAnyHistory) {
  std::mt19937_64 random{7};
  std::map<std::uint64_t, Block*> model;
  for (int step = 0; step != 200'000; ++step) {
    // Few addresses, so that every operation often meets a block that is there.
    const std::uint64_t address = random() % 3000 * 512;
    const auto known = model.find(address);
    ASSERT_EQ(index_.find(address), known != model.end() ? known->second : nullptr);
    // The index fills and empties in turns.
    const bool fills = step / 20'000 % 2 == 0 ? random() % 4 != 0 : random() % 4 == 0;
    if (fills) {
      if (known != model.end() && random() % 8 != 0) continue;
      ASSERT_TRUE(index_.insert(kPages, model[address] = node(address)));
    } else {
      index_.erase(address);
      model.erase(address);
    }
    ASSERT_EQ(index_.size(), model.size());
  }
  for (const auto& [address, block] : model) EXPECT_EQ(index_.find(address), block);
}

TEST_F(BlockIndexTest, ErasesByPropertyAndTheNodeIsTheCallersAtOnce) {
  std::mt19937_64 random{11};
  for (int trial = 0; trial != 300; ++trial) {
    std::map<std::uint64_t, Block*> model;
    for (std::uint64_t entries = random() % 700; model.size() != entries;) {
      const std::uint64_t address = random() % 5000 * 512;
      if (model.contains(address)) continue;
      ASSERT_TRUE(index_.insert(kPages, model[address] = node(address)));
    }
    const std::uint64_t rest = random() % 7;
    std::multiset<std::uint64_t> erased, expected;
    index_.erase_if([&](Block* block) {
      if (block->address / 512 % 7 > rest) return false;
      erased.insert(block->address);
      *block = Block{};
      block->address = 12345;
      return true;
    });
    for (const auto& [address, block] : model) {
      const bool goes = address / 512 % 7 <= rest;
      ASSERT_EQ(index_.find(address), goes ? nullptr : block);
      if (goes) expected.insert(address);
    }
    ASSERT_EQ(erased, expected);
    index_.erase_if([](Block*) { return true; });
    ASSERT_EQ(index_.size(), 0U);
    blocks_.clear();
  }
}

}  // namespace
}  // namespace weir::pool
