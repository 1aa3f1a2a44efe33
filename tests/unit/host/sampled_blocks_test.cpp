// Recorded blocks of sampled mode: in their own range, whole, and told from all others by address.
#include "core/host/sampled_blocks.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstring>
#include <vector>

#include "support/host_ready.hpp"

namespace weir::host {
namespace {

/// For the life of one test the second range is there; whoever asks is_ours() elsewhere sees it too, truthfully.
void begin() {
  test::begin_host();
  static const bool once = begin_sampled_blocks();
  ASSERT_TRUE(once);
}

constexpr std::size_t kSizes[] = {0, 1, 8, 100, 4000, 14'000, 100'000, 3U << 20, 200U << 20};

TEST(SampledBlocks, LieInTheirRangeAndNoOtherBlockDoes) {
  begin();
  for (const std::size_t bytes : kSizes) {
    const Block block = allocate_sampled(bytes, 0);
    void* plain = weir_je_malloc(bytes);
    ASSERT_NE(block.at, nullptr) << bytes;
    EXPECT_TRUE(is_in_sampled_home(block.at));
    EXPECT_FALSE(is_in_home(block.at));
    EXPECT_TRUE(is_ours(block.at));
    EXPECT_FALSE(is_in_sampled_home(plain));
    weir_je_free(plain);
    release_sampled(block.at, block.class_bytes);
  }
}

TEST(SampledBlocks, HoldTheirRequestAndATag) {
  begin();
  for (const std::size_t bytes : kSizes) {
    const Block block = allocate_sampled(bytes, 0);
    EXPECT_EQ(block.class_bytes, class_bytes_of(block.at));
    EXPECT_GE(block.class_bytes, bytes + kTagBytes);
    std::memset(block.at, 1, bytes);
    write_tag(block.at, block.class_bytes, bytes, 77);
    const TagReading tag = read_tag(block.at, block.class_bytes);
    EXPECT_EQ(tag.state, TagState::Live);
    EXPECT_EQ(tag.requested, bytes);
    release_sampled(block.at, block.class_bytes);
  }
}

TEST(SampledBlocks, AreZeroedWhenAskedThoughTheMemoryWasUsed) {
  begin();
  for (int round = 0; round != 20; ++round)
    for (const std::size_t bytes : {24UL, 5000UL, 300'000UL}) {
      const Block block = allocate_sampled(bytes, kZeroed);
      for (std::size_t i = 0; i != bytes; ++i) ASSERT_EQ(static_cast<char*>(block.at)[i], 0);
      std::memset(block.at, 0xff, block.class_bytes);
      release_sampled(block.at, block.class_bytes);
    }
}

TEST(SampledBlocks, AreAlignedWhenAsked) {
  begin();
  for (std::size_t align = 16; align <= 8U << 20; align *= 2) {
    const Block block = allocate_sampled(100, aligned_to(align));
    EXPECT_EQ(address_of(block.at) % align, 0U);
    EXPECT_TRUE(is_in_sampled_home(block.at));
    release_sampled(block.at, block.class_bytes);
  }
}

TEST(SampledBlocks, KeepTheirContentWhenResized) {
  begin();
  Block block = allocate_sampled(10, 0);
  std::memset(block.at, 'x', 10);
  for (std::size_t bytes = 20; bytes < 50U << 20; bytes *= 3) {
    block = reallocate_sampled(block.at, bytes);
    ASSERT_NE(block.at, nullptr);
    EXPECT_TRUE(is_in_sampled_home(block.at));
    EXPECT_EQ(block.class_bytes, class_bytes_of(block.at));
    for (int i = 0; i != 10; ++i) ASSERT_EQ(static_cast<char*>(block.at)[i], 'x');
  }
  release_sampled(block.at, block.class_bytes);
}

TEST(SampledBlocks, WhatTheRangeCannotHoldIsRefused) {
  begin();
  EXPECT_EQ(allocate_sampled(std::size_t{1} << 45, 0).at, nullptr);
  const Block block = allocate_sampled(100, 0);
  EXPECT_EQ(reallocate_sampled(block.at, std::size_t{1} << 45).at, nullptr);
  EXPECT_EQ(class_bytes_of(block.at), block.class_bytes);
  release_sampled(block.at, block.class_bytes);
}

TEST(SampledBlocks, GoOnBehindWhoeverIsInTheWay) {
  begin();
  void* probe = map_in_sampled_home(4096, 4096);
  ASSERT_NE(probe, nullptr);
  void* wanted = static_cast<char*>(probe) + 4096;
  void* other = mmap(wanted, 64U << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
  ASSERT_EQ(other, wanted);
  for (const std::size_t bytes : {16U << 20, 1U << 20}) {
    const Block block = allocate_sampled(bytes, 0);
    ASSERT_NE(block.at, nullptr);
    std::memset(block.at, 1, bytes);
    release_sampled(block.at, block.class_bytes);
  }
  munmap(other, 64U << 20);
}

TEST(SampledBlocks, AWildAddressOfTheRangeIsNoBlock) {
  begin();
  EXPECT_EQ(class_bytes_of(reinterpret_cast<void*>(g_sampled_home.base + (g_sampled_home.bytes / 2))), 0U);
}

}  // namespace
}  // namespace weir::host
