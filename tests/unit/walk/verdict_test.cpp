// The sums of sites and slabs, against a model that counts block by block.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <vector>

#include "core/walk/walk.hpp"
#include "tests/unit/walk/tagged_blocks.hpp"

namespace weir::walk {
namespace {

using test::TaggedBlocks;

constexpr std::uint32_t kA = TaggedBlocks::kFirstSite + 1500, kB = kA + 1, kSites = kB + 20;

struct Sums {
  Verdicts out{};
  std::vector<SiteVerdict> sites{kSites};

  /// `moving`: a block that is being resized.
  explicit Sums(void* moving = nullptr) {
    weir::test::begin_host();
    Heap heap;
    EXPECT_TRUE(heap.build());
    if (moving != nullptr) heap.enliven(moving);
    out.sites = kSites;
    out.of_site = sites.data();
    Marker marker{heap};
    EXPECT_TRUE(marker.begin());
    marker.classify();
    sum_up(heap, out);
  }
};

/// What the slabs look like from outside: each extent with the sites of its live blocks.
struct Model {
  std::map<std::uint32_t, SiteVerdict> of;

  explicit Model(const TaggedBlocks& blocks) {
    Heap heap;
    EXPECT_TRUE(heap.build());
    std::map<std::uint32_t, std::map<std::uint32_t, std::uint64_t>> in;
    for (const auto& [block, site] : blocks.live()) {
      Place place{};
      EXPECT_TRUE(heap.find(address_of(block), place));
      ++in[place.extent][site];
    }
    for (const auto& [extent, owners] : in) {
      const host::Extent& facts = heap.extent(extent);
      std::uint64_t live = 0;
      for (const auto& [site, count] : owners) live += count;
      for (const auto& [site, count] : owners) {
        if (facts.is_slab) {
          ++of[site].slabs;
          of[site].slab_bytes += facts.bytes;
          of[site].slab_live_bytes += live * facts.block_bytes;
        }
        if (owners.size() == 1) of[site].sole_bytes += facts.bytes;
        if (live * 4 <= facts.blocks) of[site].pinned_bytes += (facts.blocks - live) * facts.block_bytes * count / live;
      }
    }
  }
};

TEST(Verdict, SlabsOfSitesAreAsCountedOneByOne) {
  TaggedBlocks blocks;
  std::mt19937 random{3};
  std::vector<void*> all;
  for (int i = 0; i != 60000; ++i) all.push_back(blocks.make(20 + random() % 500, 0, i % 7 == 0 ? kA : kB));
  for (void* block : all)
    if (random() % 40 != 0) blocks.release(block);
  const Sums sums;
  const Model model{blocks};
  for (const std::uint32_t site : {kA, kB}) {
    const SiteVerdict& of = sums.sites[site];
    const SiteVerdict& wanted = model.of.at(site);
    EXPECT_EQ(of.slabs, wanted.slabs) << site;
    EXPECT_EQ(of.sole_bytes, wanted.sole_bytes) << site;
    EXPECT_EQ(of.pinned_bytes, wanted.pinned_bytes) << site;
    EXPECT_EQ(of.slab_bytes, wanted.slab_bytes) << site;
    EXPECT_EQ(of.slab_live_bytes, wanted.slab_live_bytes) << site;
    EXPECT_EQ(of.small_bytes, of.lost_bytes + of.lost_too_bytes) << site;
    EXPECT_GT(of.pinned_bytes, of.lost_bytes + of.lost_too_bytes) << site;
  }
}

TEST(Verdict, AnyNumberOfSitesInASlabIsCounted) {
  TaggedBlocks blocks;
  for (int i = 0; i != 2000; ++i) blocks.make(64, 0, kA + i % 20);
  const Sums sums;
  const Model model{blocks};
  std::uint64_t lost = 0;
  for (std::uint32_t site = kA; site != kA + 20; ++site) {
    lost += sums.sites[site].lost_blocks + sums.sites[site].lost_too_blocks;
    EXPECT_EQ(sums.sites[site].slabs, model.of.at(site).slabs);
    EXPECT_EQ(sums.sites[site].slab_live_bytes, model.of.at(site).slab_live_bytes);
    EXPECT_EQ(sums.sites[site].sole_bytes, 0u);
  }
  EXPECT_EQ(lost, 2000u);
}

TEST(Verdict, ALargeBlockHoldsItsExtentAlone) {
  TaggedBlocks blocks;
  blocks.make(1 << 20, 0, kA);
  const Sums sums;
  EXPECT_GE(sums.sites[kA].sole_bytes, std::uint64_t{1} << 20);
  EXPECT_EQ(sums.sites[kA].pinned_bytes, 0u);
  EXPECT_EQ(sums.sites[kA].slabs, 0u);
  EXPECT_EQ(sums.sites[kA].slab_bytes + sums.sites[kA].slab_live_bytes + sums.sites[kA].small_bytes, 0u);
}

TEST(Verdict, ABlockThatIsBeingResizedHoldsItsSlabToo) {
  TaggedBlocks blocks;
  void* const still = blocks.make(64, 0, kA);
  void* const moving = blocks.make(64, 0, kB);
  Heap heap;
  ASSERT_TRUE(heap.build());
  Place one{}, other{};
  ASSERT_TRUE(heap.find(address_of(still), one) && heap.find(address_of(moving), other));
  ASSERT_EQ(one.extent, other.extent);
  const std::size_t class_bytes = host::class_bytes_of(moving);
  host::retire_tag(moving, class_bytes, host::load_tag(moving, class_bytes));
  const Sums sums{moving}, without;
  EXPECT_EQ(sums.sites[kA].sole_bytes, 0u);
  EXPECT_EQ(sums.sites[kA].slab_live_bytes, 2 * class_bytes);
  EXPECT_EQ(sums.sites[kB].slabs, 0u);
  EXPECT_GT(without.sites[kA].sole_bytes, 0u);
  blocks.tag_again(moving);
}

TEST(Verdict, SizeClassesAreAsCountedOneByOne) {
  const Sums before;  // what other tests of this process left
  TaggedBlocks blocks;
  std::mt19937 random{5};
  std::vector<void*> all;
  for (int i = 0; i != 5000; ++i) all.push_back(blocks.make(random() % 40'000, 0, kA));
  for (void* block : all)
    if (random() % 3 != 0) blocks.release(block);
  std::map<std::uint64_t, std::uint64_t> live;
  for (const ClassVerdict& of : before.out.heap.classes) live[of.block_bytes] += of.live_blocks;
  for (const auto& [block, site] : blocks.live()) ++live[host::class_bytes_of(block)];
  const Sums sums;
  Heap heap;
  ASSERT_TRUE(heap.build());
  std::map<std::uint64_t, std::uint64_t> places, slabs;
  for (std::uint32_t i = 0; i != heap.extent_count(); ++i) {
    if (!heap.extent(i).is_slab) continue;
    places[heap.extent(i).block_bytes] += heap.extent(i).blocks;
    slabs[heap.extent(i).block_bytes] += 1;
  }
  std::size_t classes = 0;
  std::uint64_t all_slabs = 0;
  for (const ClassVerdict& of : sums.out.heap.classes) {
    if (of.places == 0) continue;
    ++classes;
    EXPECT_EQ(of.live_blocks, live[of.block_bytes]) << of.block_bytes;
    EXPECT_EQ(of.places, places[of.block_bytes]) << of.block_bytes;
    EXPECT_EQ(of.slabs, slabs[of.block_bytes]) << of.block_bytes;
    EXPECT_EQ(of.slab_bytes / of.block_bytes * of.slabs, of.places) << of.block_bytes;
    all_slabs += of.slabs;
  }
  EXPECT_EQ(classes, places.size());
  EXPECT_EQ(all_slabs, sums.out.heap.slabs);
}

TEST(Verdict, ASiteBeyondTheTableIsInNoSum) {
  const Sums before;
  TaggedBlocks blocks;
  blocks.make(100, 0, kSites + 5);
  const Sums sums;
  EXPECT_EQ(sums.out.heap.unknown_sites, before.out.heap.unknown_sites + 1);
}

}  // namespace
}  // namespace weir::walk
