// The list of live blocks that the walk finds, against one kept by hand; and whose place a word points into.
#include "core/walk/heap.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <map>
#include <random>
#include <thread>
#include <vector>

#include "tests/unit/walk/tagged_blocks.hpp"

namespace weir::walk {
namespace {

using test::TaggedBlocks;

std::map<void*, std::uint32_t> live_of(const Heap& heap, std::uint32_t from_site) {
  std::map<void*, std::uint32_t> found;
  for (std::uint32_t extent = 0; extent != heap.extent_count(); ++extent)
    for (std::uint32_t number = 0; number != heap.extent(extent).blocks; ++number) {
      const Place place{extent, number};
      if (heap.state(place) == State::Free) continue;
      const host::TagReading tag = host::read_tag(heap.block(place), heap.extent(extent).block_bytes);
      if (tag.site >= from_site) found[heap.block(place)] = tag.site;
    }
  return found;
}

TEST(WalkHeap, FindsEveryLiveBlockOfEveryKindAndNoOther) {
  TaggedBlocks blocks;
  std::mt19937 random{7};
  for (int round = 0; round != 4; ++round) {
    for (int i = 0; i != 3000; ++i) {
      const std::size_t bytes = i % 100 == 0 ? random() % (3 << 20) : random() % (i % 10 == 0 ? 40000 : 300);
      blocks.make(bytes, i % 7 == 0 ? std::size_t{16} << random() % 9 : 0);
    }
    for (int i = 0; i != 2000; ++i) blocks.release_one(static_cast<std::uint32_t>(random()));
    Heap heap;
    ASSERT_TRUE(heap.build());
    EXPECT_EQ(live_of(heap, TaggedBlocks::kFirstSite), blocks.live());
  }
}

TEST(WalkHeap, FindsBlocksOfAllThreads) {
  TaggedBlocks blocks;
  std::vector<std::jthread> threads;
  for (int t = 0; t != 4; ++t)
    threads.emplace_back([&, t] {
      std::mt19937 random(t);
      for (int i = 0; i != 4000; ++i) {
        blocks.make(random() % 5000, 0);
        if (i % 3 == 0) blocks.release_one(static_cast<std::uint32_t>(random()));
      }
    });
  threads.clear();
  Heap heap;
  ASSERT_TRUE(heap.build());
  EXPECT_EQ(live_of(heap, TaggedBlocks::kFirstSite), blocks.live());
}

TEST(WalkHeap, AWordPointsIntoABlockFromItsFirstByteToItsEnd) {
  TaggedBlocks blocks;
  Heap heap;
  std::vector<std::pair<char*, std::size_t>> made;
  for (const std::size_t bytes : {0, 1, 24, 100, 1000, 5000, 20'000, 200'000, 5'000'000})
    made.emplace_back(static_cast<char*>(blocks.make(bytes, 0)), bytes);
  ASSERT_TRUE(heap.build());
  for (const auto& [block, bytes] : made) {
    for (const std::size_t offset : {std::size_t{0}, bytes / 3, bytes / 2, bytes == 0 ? 0 : bytes - 1, bytes}) {
      Place place{};
      ASSERT_TRUE(heap.find(address_of(block + offset), place)) << bytes << " + " << offset;
      EXPECT_EQ(heap.block(place), block) << bytes << " + " << offset;
      EXPECT_EQ(heap.state(place), State::Unreached);
    }
    Place place{};
    if (heap.find(address_of(block - 1), place)) {
      EXPECT_NE(heap.block(place), block);
    }
  }
}

/// What the allocator maps from now on lies outside the range of its own, each mapping below the one before.
void crowd_range() {
  host::Range range;
  ASSERT_TRUE(host::mapped_range(0, range));
  constexpr std::uintptr_t kHuge = std::uintptr_t{2} << 20;
  for (const std::uintptr_t at : {range.end, align_up(range.end, kHuge), align_up(range.end + 1, kHuge)})
    platform::raw_syscall(SYS_mmap, at, platform::kPageBytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
}

TEST(WalkHeap, ALargeBlockIsFoundFromItsFirstByteWhereverItsMappingLies) {
  TaggedBlocks blocks;
  crowd_range();
  for (int i = 0; i != 1000; ++i) blocks.make(300'000, 0);
  for (int i = 0; i != 4000; ++i) blocks.make(16'000 + i % 3 * 4096, 0);  // up to the ends of the mappings
  Heap heap;
  ASSERT_TRUE(heap.build());
  std::size_t outside = 0;
  for (const auto& [block, site] : blocks.live()) {
    outside += host::is_in_home(block) ? 0 : 1;
    Place place{};
    ASSERT_TRUE(heap.find(address_of(block), place)) << block;
    EXPECT_EQ(heap.block(place), block);
  }
  EXPECT_GT(outside, 100u);
}

TEST(WalkHeap, AWordOutsidePointsNowhere) {
  TaggedBlocks blocks;
  blocks.make(100, 0);
  Heap heap;
  ASSERT_TRUE(heap.build());
  int local = 0;
  Place place{};
  for (const std::uintptr_t word : {std::uintptr_t{0}, std::uintptr_t{1}, address_of(&local), address_of(&heap), UINTPTR_MAX,
                                    std::uintptr_t{1} << 47, std::uintptr_t{1} << 63})
    EXPECT_FALSE(heap.find(word, place)) << word;
}

TEST(WalkHeap, ABlockWithoutATagCanBeDeclaredAlive) {
  TaggedBlocks blocks;
  void* block = blocks.make(100, 0);
  host::take_tag(block, host::class_bytes_of(block));
  Heap heap;
  ASSERT_TRUE(heap.build());
  Place place{};
  ASSERT_TRUE(heap.find(address_of(block), place));
  EXPECT_EQ(heap.state(place), State::Free);
  heap.enliven(block);
  EXPECT_EQ(heap.state(place), State::Unreached);
  blocks.tag_again(block);
}

}  // namespace
}  // namespace weir::walk
