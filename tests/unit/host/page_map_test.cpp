// jemalloc's page map, read without jemalloc, against jemalloc's own answers.
#include "core/host/page_map.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <thread>
#include <vector>

#include "support/host_ready.hpp"

namespace weir::host {
namespace {

char* at(void* block, std::size_t offset) { return static_cast<char*>(block) + offset; }

struct Blocks {
  std::vector<void*> all;
  Blocks() { test::begin_host(); }
  ~Blocks() {
    for (void* block : all) weir_je_free(block);
  }
  void* make(std::size_t bytes) { return all.emplace_back(weir_je_malloc(bytes)); }
};

TEST(PageMap, IsProvenForThisJemalloc) {
  test::begin_host();
  EXPECT_TRUE(g_page_map.proven);
}

TEST(PageMap, KnowsTheClassOfEverySmallLargeAndHugeBlock) {
  Blocks blocks;
  for (std::size_t bytes = 9; bytes < std::size_t{64} << 20; bytes += bytes / 5 + 1) {
    void* block = blocks.make(bytes);
    ASSERT_NE(block, nullptr);
    ASSERT_EQ(class_bytes_of(block), weir_je_sallocx(block, 0)) << bytes;
    ASSERT_TRUE(starts_a_block(block, class_bytes_of(block))) << bytes;
  }
}

TEST(PageMap, KnowsAlignedBlocks) {
  test::begin_host();
  for (std::size_t align = 16; align <= std::size_t{8} << 20; align *= 2) {
    const Block block = allocate_aligned(100, align);
    ASSERT_NE(block.at, nullptr);
    EXPECT_EQ(address_of(block.at) % align, 0U);
    EXPECT_EQ(block.class_bytes, weir_je_sallocx(block.at, 0));
    EXPECT_TRUE(starts_a_block(block.at, block.class_bytes));
    release(block.at, block.class_bytes);
  }
}

TEST(PageMap, SaysNothingOfTheInnerPagesOfALargeBlock) {
  Blocks blocks;
  for (const std::size_t bytes : {100'000UL, 3'000'000UL}) {
    void* block = blocks.make(bytes);
    for (std::size_t offset = 4096; offset + 4096 < bytes; offset += 4096)  // the last page may carry the word
      ASSERT_EQ(class_bytes_of(at(block, offset)), 0U) << offset;
    // A block begins at a multiple of 64 anywhere in its first page: this is in the same one.
    EXPECT_FALSE(starts_a_block(at(block, 16), class_bytes_of(block)));
  }
}

TEST(PageMap, TellsTheStartOfASmallBlockFromItsInside) {
  Blocks blocks;
  for (const std::size_t bytes : {16UL, 48UL, 160UL, 3000UL, 14'000UL}) {
    void* block = blocks.make(bytes);
    const std::size_t class_bytes = class_bytes_of(block);
    for (std::size_t offset = 8; offset < class_bytes; offset += 8)
      ASSERT_FALSE(starts_a_block(at(block, offset), class_bytes)) << bytes << "+" << offset;
  }
}

TEST(PageMap, SaysNothingOfReservedAndFreedMemory) {
  test::begin_host();
  EXPECT_EQ(class_bytes_of(reinterpret_cast<void*>(g_home.base + g_home.bytes - 4096)), 0U);
  void* block = weir_je_malloc(32U << 20);
  weir_je_free(block);
  EXPECT_EQ(class_bytes_of(block), 0U);
  purge();
  EXPECT_EQ(class_bytes_of(block), 0U);
}

TEST(PageMap, IsRightForBlocksThatOtherThreadsMakeMeanwhile) {
  test::begin_host();
  std::vector<std::thread> threads;
  for (unsigned t = 0; t != 3; ++t)
    threads.emplace_back([t] {
      for (std::size_t i = 0; i != 4000; ++i) {
        const std::size_t bytes = 9 + (i * (t + 3) * 7919) % (i % 50 == 0 ? 2'000'000 : 20'000);
        void* block = weir_je_malloc(bytes);
        if (class_bytes_of(block) != size_class(bytes)) ADD_FAILURE() << bytes;
        weir_je_free(block);
      }
    });
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace weir::host
