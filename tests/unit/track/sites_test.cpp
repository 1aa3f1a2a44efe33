// Stacks to site numbers, in a profile small enough to be filled.
#include "core/track/sites.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <thread>
#include <vector>

#include "core/base/bits.hpp"
#include "support/small_profile.hpp"

namespace weir::track {
namespace {

using profile::SiteRecord;
using Pcs = std::vector<std::uintptr_t>;

struct InternedStacks : test::SmallProfile {
  Sites sites{};
  Modules modules{};
  explicit InternedStacks(std::uint32_t max_sites = 10'000) { EXPECT_TRUE(sites.begin(map, max_sites)); }
  std::uint32_t intern(const Pcs& youngest_first, std::uint16_t flags = 0) {
    StackHash hash = StackHash::empty();
    std::vector<PathFrame> path(youngest_first.size());
    for (std::size_t i = path.size(); i-- != 0;) {
      hash = hash.extended(youngest_first[i]);
      path[i] = {youngest_first[i], static_cast<std::uint32_t>(mix(hash.a)), 0, 0};
    }
    return sites.intern(map, modules, {path, hash, flags}, platform::monotonic_ns());
  }
  /// First chunk of a table, as a reader of the file finds it.
  template <class Record>
  Record* table(profile::ChunkKind kind) {
    for (std::uint64_t n = 0; n != map.used_chunks(); ++n)
      if (map.entries()[n].kind == kind && map.entries()[n].index == 0) return reinterpret_cast<Record*>(map.chunk(n));
    return nullptr;
  }
  SiteRecord& site(std::uint32_t number) { return table<SiteRecord>(profile::ChunkKind::Sites)[number]; }
  /// The frames of a site, read back from its nodes.
  Pcs frames_of(std::uint32_t number) {
    Pcs pcs;
    const auto* nodes = table<profile::NodeRecord>(profile::ChunkKind::Nodes);
    for (std::uint32_t node = site(number).node; node != 0; node = nodes[node].parent) {
      EXPECT_LT(nodes[node].parent, node);
      pcs.push_back(nodes[node].pc);
    }
    return pcs;
  }
};

TEST(Sites, BeginWithTheFixedOnesReady) {
  InternedStacks stacks;
  const std::uint32_t unknown = stacks.sites.unknown_site();
  EXPECT_GE(unknown, static_cast<std::uint32_t>(profile::FixedSite::First));
  EXPECT_EQ(stacks.site(unknown).flags, profile::kSiteUnknown);
  for (const std::uint32_t number : {1U, unknown}) EXPECT_EQ(stacks.site(number).ready, 1U);
  EXPECT_EQ(stacks.map.header().inherited_sites, 2U);
  EXPECT_EQ(stacks.map.header().site_count, 3U);
}

TEST(Sites, TheSameStackIsTheSameSite) {
  InternedStacks stacks;
  const std::uint32_t a = stacks.intern({30, 20, 10}), b = stacks.intern({31, 20, 10});
  EXPECT_NE(a, b);
  EXPECT_EQ(stacks.intern({30, 20, 10}), a);
  EXPECT_EQ(stacks.intern({31, 20, 10}), b);
  EXPECT_EQ(stacks.frames_of(a), (Pcs{30, 20, 10}));
  EXPECT_EQ(stacks.frames_of(b), (Pcs{31, 20, 10}));
}

TEST(Sites, OrderAndDepthMakeAnotherStack) {
  InternedStacks stacks;
  std::set<std::uint32_t> seen;
  const std::vector<Pcs> all{{1}, {1, 1}, {1, 1, 1}, {1, 2}, {2, 1}, {2}, {1, 2, 3}, {3, 2, 1}, {2, 3}, {2, 3, 1}};
  for (const Pcs& pcs : all) seen.insert(stacks.intern(pcs));
  EXPECT_EQ(seen.size(), all.size());
  for (const Pcs& pcs : all) EXPECT_EQ(stacks.frames_of(stacks.intern(pcs)), pcs);
}

TEST(Sites, StacksShareTheirOldPartsNodes) {
  InternedStacks stacks;
  stacks.intern({30, 20, 10});
  EXPECT_EQ(stacks.map.header().node_count, 4U);  // node 0 is not used
  stacks.intern({31, 20, 10});
  EXPECT_EQ(stacks.map.header().node_count, 5U);
  stacks.intern({20, 10});
  EXPECT_EQ(stacks.map.header().node_count, 5U);
  stacks.intern({30, 20, 11});
  EXPECT_EQ(stacks.map.header().node_count, 8U);
}

TEST(Sites, KeepTheFlagsOfTheStack) {
  InternedStacks stacks;
  EXPECT_EQ(stacks.site(stacks.intern({1, 2}, profile::kSiteTruncated)).flags, profile::kSiteTruncated);
  EXPECT_EQ(stacks.site(stacks.intern({1, 3})).flags, 0U);
}

TEST(Sites, TheDeepestStackIsKeptWhole) {
  InternedStacks stacks;
  Pcs pcs(profile::kMaxFrames);
  for (std::size_t i = 0; i != pcs.size(); ++i) pcs[i] = 1000 + i % 3;  // recursion
  EXPECT_EQ(stacks.frames_of(stacks.intern(pcs)), pcs);
}

TEST(Sites, BeyondTheLimitAreOneUnknownSiteAndCounted) {
  InternedStacks stacks{5};
  const std::uint32_t a = stacks.intern({1}), b = stacks.intern({2});
  EXPECT_EQ(stacks.intern({3}), stacks.sites.unknown_site());
  EXPECT_EQ(stacks.intern({4}), stacks.sites.unknown_site());
  EXPECT_EQ(stacks.map.header().losses.sites_dropped, 2U);
  EXPECT_EQ(stacks.intern({1}), a);
  EXPECT_EQ(stacks.intern({2}), b);
  EXPECT_EQ(stacks.map.header().site_count, 5U);
}

TEST(Sites, WithoutRoomForNodesAreUnknown) {
  InternedStacks stacks;
  stacks.fill();
  EXPECT_EQ(stacks.intern({1, 2}), stacks.sites.unknown_site());
  EXPECT_EQ(stacks.map.header().losses.sites_dropped, 1U);
}

TEST(Sites, AfterAClosedLibraryTheSameAddressesAreLookedAtAgain) {
  InternedStacks stacks;
  const std::uint32_t before = stacks.intern({1, 2});
  stacks.sites.forget_stacks();
  EXPECT_EQ(stacks.intern({1, 2}), before);  // in no module before and after: the same frames
  const std::uintptr_t code = address_of(__builtin_return_address(0));
  const std::uint32_t ours = stacks.intern({code});
  EXPECT_NE(stacks.table<profile::NodeRecord>(profile::ChunkKind::Nodes)[stacks.site(ours).node].module, 0U);
}

TEST(Sites, TheSameFramesCutAndWholeAreTwo) {
  InternedStacks stacks;
  const std::vector<std::uintptr_t> pcs{1, 2, 3};
  const auto intern = [&](std::uint16_t flags) {
    return stacks.intern(Pcs(std::begin(pcs), std::end(pcs)), flags);
  };
  const std::uint32_t whole = intern(0), cut = intern(profile::kSiteTruncated);
  EXPECT_NE(whole, cut);
  EXPECT_EQ(stacks.site(whole).flags, 0);
  EXPECT_EQ(stacks.site(cut).flags, profile::kSiteTruncated);
  EXPECT_EQ(stacks.site(whole).node, stacks.site(cut).node);
}

TEST(Sites, AChildGivesStacksNumbersOfItsOwn) {
  InternedStacks stacks;
  const std::uint32_t before = stacks.intern({1, 2}), unknown = stacks.sites.unknown_site();
  const std::uint32_t nodes = stacks.map.header().node_count, sites = stacks.map.header().site_count;
  stacks.sites.begin_own_numbers(stacks.map);
  EXPECT_EQ(stacks.map.header().inherited_sites, sites);
  EXPECT_GE(stacks.sites.unknown_site(), sites);
  EXPECT_NE(stacks.sites.unknown_site(), unknown);
  const std::uint32_t after = stacks.intern({1, 2});
  EXPECT_GE(after, sites);
  EXPECT_EQ(stacks.intern({1, 2}), after);
  EXPECT_EQ(stacks.frames_of(after), stacks.frames_of(before));
  EXPECT_EQ(stacks.map.header().node_count, nodes);  // the tree is shared
}

TEST(Sites, AChildWithoutRoomKeepsItsParentsStandIn) {
  InternedStacks stacks{3};
  const std::uint32_t unknown = stacks.sites.unknown_site();
  stacks.sites.begin_own_numbers(stacks.map);
  EXPECT_EQ(stacks.sites.unknown_site(), unknown);
  EXPECT_EQ(stacks.intern({1}), unknown);
}

TEST(Sites, ThreadsAgreeOnEveryNumber) {
  InternedStacks stacks;
  constexpr int kThreads = 4, kStacks = 800;
  std::vector<std::vector<std::uint32_t>> numbers(kThreads, std::vector<std::uint32_t>(kStacks));
  std::vector<std::thread> threads;
  for (int t = 0; t != kThreads; ++t)
    threads.emplace_back([&, t] {
      for (std::uintptr_t i = 0; i != kStacks; ++i) {
        const std::uintptr_t k = t % 2 == 0 ? i : kStacks - 1 - i;
        numbers[static_cast<std::size_t>(t)][k] = stacks.intern({1000 + k, 100 + k % 10, 5});
      }
    });
  for (std::thread& thread : threads) thread.join();
  for (const auto& each : numbers) EXPECT_EQ(each, numbers[0]);
  EXPECT_EQ(std::set<std::uint32_t>(numbers[0].begin(), numbers[0].end()).size(), std::size_t{kStacks});
  EXPECT_EQ(stacks.map.header().node_count, 1U + 1 + 10 + kStacks);
}

TEST(Sites, OneStackIsASiteOfItsOwnInEachSpaceOnEachDeviceAndOfEachKind) {
  InternedStacks stacks;
  const std::uint32_t host = stacks.intern({0x1000, 0x2000}, profile::kSiteTruncated);
  std::set<std::uint32_t> numbers{host};
  for (int round = 0; round != 2; ++round)
    for (const auto space : {profile::Space::Device, profile::Space::Managed})
      for (const std::uint8_t device : {std::uint8_t{0}, std::uint8_t{1}})
        for (const std::uint16_t flags : {std::uint16_t{0x101}, std::uint16_t{0x201}}) {
          const std::uint32_t site = stacks.sites.in_space(stacks.map, host, space, device, flags, 0);
          numbers.insert(site);
          EXPECT_EQ(stacks.site(site).node, stacks.site(host).node);
          EXPECT_EQ(stacks.site(site).space, space);
          EXPECT_EQ(stacks.site(site).device, device);
          EXPECT_EQ(stacks.site(site).flags, flags);
          EXPECT_EQ(stacks.sites.flags(site), flags);
        }
  EXPECT_EQ(numbers.size(), 1U + 8);
  EXPECT_EQ(stacks.intern({0x1000, 0x2000}, profile::kSiteTruncated), host);
  EXPECT_EQ(stacks.site(host).space, profile::Space::Host);
}

TEST(Sites, ASpaceWithoutRoomSaysSo) {
  InternedStacks stacks{4};
  const std::uint32_t host = stacks.intern({0x1000});
  EXPECT_EQ(stacks.sites.in_space(stacks.map, host, profile::Space::Device, 0, 0x100, 0), 0U);
}

}  // namespace
}  // namespace weir::track
