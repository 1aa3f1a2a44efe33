// Blocks with room for their tag, and what the allocator says of itself.
#include "core/host/host.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "support/host_ready.hpp"

namespace weir::host {
namespace {

TEST(Host, BlocksHaveRoomForRequestAndTag) {
  test::begin_host();
  for (std::size_t bytes = 0; bytes < 3'000'000; bytes += bytes / 7 + 1) {
    for (const Block& block : {allocate(bytes), allocate_zeroed(bytes), allocate_aligned(bytes, 64)}) {
      ASSERT_NE(block.at, nullptr);
      ASSERT_GE(block.class_bytes, bytes + kTagBytes);
      ASSERT_EQ(block.class_bytes, class_bytes_of(block.at)) << bytes;
      release(block.at, block.class_bytes);
    }
  }
}

TEST(Host, ZeroedBlocksAreZeroAlsoWhenReused) {
  test::begin_host();
  for (const std::size_t bytes : {8UL, 100UL, 10'000UL, 200'000UL}) {
    for (int round = 0; round != 3; ++round) {
      const Block block = allocate_zeroed(bytes);
      auto* content = static_cast<unsigned char*>(block.at);
      for (std::size_t i = 0; i != bytes; ++i) {
        ASSERT_EQ(content[i], 0);
        content[i] = 0xee;
      }
      release(block.at, block.class_bytes);
    }
  }
}

TEST(Host, TheSmallestBlocksAreAlignedAsAllOthers) {
  test::begin_host();
  std::vector<void*> blocks;
  for (int i = 0; i != 400; ++i) {
    void* block = i % 2 == 0 ? weir_je_malloc(i % 9) : weir_je_calloc(1, i % 9);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block) % 16, 0U);
    EXPECT_EQ(weir_je_sallocx(block, 0), 16U);
    blocks.push_back(block);
  }
  for (void* block : blocks) weir_je_free(block);
  for (std::size_t bytes = 1; bytes != 9; ++bytes) EXPECT_EQ(weir_je_nallocx(bytes, 0), 16U);
}

TEST(Host, ABlockChangesItsSizeWhereItIsOrStaysAsItWas) {
  test::begin_host();
  Block block = allocate(1'000'000);
  *static_cast<std::uint64_t*>(block.at) = 0x1234'5678'9abc'def0;
  for (const std::size_t bytes : {1'000'001UL, 500'000UL, 20'000UL, 5000UL, 8UL}) {
    const std::size_t wanted = tagged_class(bytes);
    const bool done = resize_in_place(block.at, block.class_bytes, wanted);
    EXPECT_EQ(done, bytes >= kSmallestLarge) << bytes;
    if (done) block.class_bytes = wanted;
    EXPECT_EQ(block.class_bytes, class_bytes_of(block.at));
    EXPECT_EQ(*static_cast<std::uint64_t*>(block.at), 0x1234'5678'9abc'def0U);
  }
  release(block.at, block.class_bytes);
}

TEST(Host, ABlockOfASlabKeepsItsSize) {
  test::begin_host();
  const Block block = allocate(100);
  for (const std::size_t bytes : {5000UL, 1'000'000UL, 1UL}) EXPECT_FALSE(resize_in_place(block.at, block.class_bytes, tagged_class(bytes)));
  EXPECT_TRUE(resize_in_place(block.at, block.class_bytes, tagged_class(101)));
  release(block.at, block.class_bytes);
}

TEST(Host, TheLargestRequestIsRefused) {
  test::begin_host();
  EXPECT_EQ(allocate(kMaxRequest).at, nullptr);
  EXPECT_EQ(allocate_zeroed(kMaxRequest).at, nullptr);
  EXPECT_EQ(allocate_aligned(kMaxRequest, std::size_t{1} << 48).at, nullptr);
  const Block block = allocate(20'000);
  EXPECT_FALSE(resize_in_place(block.at, block.class_bytes, kMaxRequest));
  release(block.at, block.class_bytes);
}

TEST(Host, KnowsItsVersion) {
  test::begin_host();
  EXPECT_EQ(std::string{version()}.find("5."), 0U);
}

TEST(Totals, GrowWithLiveBlocksAndBoundEachOther) {
  test::begin_host();
  const Totals before = totals();
  std::vector<Block> blocks;
  for (int i = 0; i != 1000; ++i) blocks.push_back(allocate(10'000));
  const Totals during = totals();
  EXPECT_GE(during.allocated + before.cached, before.allocated + 1000U * 10'000);  // the cached count as allocated
  EXPECT_LE(during.allocated, during.active);
  EXPECT_LE(during.active, during.mapped);
  for (const Block& block : blocks) release(block.at, block.class_bytes);
  const Totals after = totals();
  EXPECT_LT(after.allocated - after.cached, before.allocated - before.cached + (64U << 10));  // jemalloc has blocks too
  purge();
  EXPECT_LT(totals().resident, during.resident);
}

TEST(ClassUses, AddUpToTheTotal) {
  test::begin_host();
  std::vector<Block> blocks;
  for (std::size_t bytes = 1; bytes < 5'000'000; bytes += bytes / 3 + 1) blocks.push_back(allocate(bytes));
  const Totals now = totals();
  std::array<ClassUse, 384> uses;
  const std::size_t count = class_uses(uses);
  ASSERT_GT(count, 20U);
  ASSERT_LT(count, uses.size());
  std::size_t sum = 0;
  for (std::size_t i = 0; i != count; ++i) {
    const ClassUse& use = uses[i];
    EXPECT_TRUE(i == 0 || uses[i - 1].bytes < use.bytes);
    EXPECT_LE(use.live_blocks, use.capacity_blocks) << use.bytes;
    EXPECT_LE(use.capacity_blocks * (use.slabs == 0 ? 0 : use.bytes), use.slabs * use.slab_bytes);
    sum += use.bytes * use.live_blocks;
  }
  EXPECT_EQ(sum, now.allocated);
  for (const Block& block : blocks) release(block.at, block.class_bytes);
}

TEST(ClassUses, WriteNoMoreThanThereIsRoomFor) {
  test::begin_host();
  const Block small = allocate(10), large = allocate(100'000);
  static_cast<void>(totals());
  std::array<ClassUse, 3> uses{};
  EXPECT_EQ(class_uses(std::span{uses}.first(2)), 2U);
  EXPECT_EQ(uses[2].bytes, 0U);
  EXPECT_EQ(class_uses({}), 0U);
  release(small.at, small.class_bytes);
  release(large.at, large.class_bytes);
}

}  // namespace
}  // namespace weir::host
