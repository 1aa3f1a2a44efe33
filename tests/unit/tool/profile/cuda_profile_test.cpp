// The reader on CUDA's tables: what they say, what of them cannot be, and profiles of versions that had none.
#include <gtest/gtest.h>

#include <cstring>
#include <limits>

#include "support/profile_builder.hpp"
#include "tool/profile/profile.hpp"

namespace weir::tool {
namespace {

using profile::DeviceRecord;
using profile::ReleaseRecord;
using test::ProfileBuilder;

template <class Value>
void poke(std::vector<std::byte>& bytes, std::size_t offset, Value value) {
  std::memcpy(bytes.data() + offset, &value, sizeof(value));
}

Profile read(const ProfileBuilder& builder) { return parse(builder.bytes(), "x"); }

ReleaseRecord release_of(std::uint32_t site, std::uint32_t by, std::uint64_t bytes) {
  ReleaseRecord record{};
  record.site = site;
  record.released_site = by;
  record.how = profile::ReleasedBy::DeviceReset;
  record.bytes = bytes;
  record.blocks = 1;
  return record;
}

/// Offset of the first chunk of this kind.
std::size_t chunk_of(const std::vector<std::byte>& bytes, profile::ChunkKind kind) {
  for (std::size_t i = 0; (i + 1) * profile::kChunkBytes <= bytes.size(); ++i) {
    profile::ChunkEntry entry;
    std::memcpy(&entry, bytes.data() + profile::kChunkBytes + i * sizeof(entry), sizeof(entry));
    if (entry.ready == 1 && entry.kind == kind) return i * profile::kChunkBytes;
  }
  ADD_FAILURE() << "no such chunk";
  return 0;
}

TEST(CudaProfile, SitesAddUpToTheirSpaces) {
  const Profile profile = read(test::cuda_profile());
  EXPECT_TRUE(profile.damage.empty());
  for (std::size_t space = 0; space != profile::kSpacesAndImported; ++space) {
    Counts sum;
    for (const Site& site : profile.sites)
      if (site.exists && static_cast<std::size_t>(site.space) == space) sum += site.counts;
    EXPECT_EQ(sum.live_bytes, profile.spaces[space].counts.live_bytes);
    EXPECT_EQ(sum.allocated_blocks, profile.spaces[space].counts.allocated_blocks);
    EXPECT_GT(sum.allocated_blocks, 0U) << space;
  }
  EXPECT_EQ(profile.space(Space::Imported).peak_bytes, 32U << 20);
  EXPECT_EQ(profile.space(Space::Device).peak_bytes, (603U << 20) + 8192);
}

TEST(CudaProfile, ASiteSaysItsKindAndKeepsItsFlags) {
  ProfileBuilder builder;
  const auto site = builder.add_site(0, Space::Device, profile::MemoryKind::Array, 3);
  const auto cut =
      builder.add_site(0, Space::Device, profile::kSiteTruncated | 2U << profile::kSiteKindShift);
  const Profile profile = read(builder);
  EXPECT_EQ(profile.sites[site].kind, MemoryKind::Array);
  EXPECT_EQ(profile.sites[site].device, 3U);
  EXPECT_EQ(profile.sites[site].flags, 0U);
  EXPECT_EQ(profile.sites[cut].kind, MemoryKind::Ordered);
  EXPECT_EQ(profile.sites[cut].flags, profile::kSiteTruncated);
}

TEST(CudaProfile, AKindOrSpaceThatIsNoneIsLeftOut) {
  ProfileBuilder builder;
  const auto kind = builder.add_site(0, Space::Device, profile::kMemoryKinds << profile::kSiteKindShift);
  const auto space = builder.add_site(0, static_cast<Space>(profile::kSpacesAndImported));
  const Profile profile = read(builder);
  EXPECT_FALSE(profile.sites[kind].exists);
  EXPECT_FALSE(profile.sites[space].exists);
  EXPECT_EQ(profile.damage.size(), 1U);
}

TEST(CudaProfile, DevicesAreFoundByTheirOrdinal) {
  ProfileBuilder builder;
  for (const int ordinal : {0, 31, 32, 255})
    builder.add_device(static_cast<std::uint8_t>(ordinal), "number " + std::to_string(ordinal), {});
  const Profile profile = read(builder);
  ASSERT_EQ(profile.devices.size(), 4U);
  EXPECT_EQ(profile.devices[3].ordinal, 255U);
  EXPECT_EQ(profile.devices[3].name, "number 255");
  EXPECT_TRUE(profile.has_cuda());
  EXPECT_FALSE(read(ProfileBuilder{}).has_cuda());
}

TEST(CudaProfile, AnImpossibleDeviceIsLeftOut) {
  constexpr std::uint64_t kHuge = std::numeric_limits<std::uint64_t>::max();
  const auto damage = [](auto spoil) {
    DeviceRecord record{};
    spoil(record);
    ProfileBuilder builder;
    builder.add_device(0, "x", record);
    const Profile profile = read(builder);
    EXPECT_TRUE(profile.devices.empty());
    return profile.damage.size();
  };
  EXPECT_EQ(damage([](DeviceRecord& d) { d.total = kHuge; }), 1U);
  EXPECT_EQ(damage([](DeviceRecord& d) { d.highest.used = kHuge; }), 1U);
  EXPECT_EQ(damage([](DeviceRecord& d) { d.peak = std::numeric_limits<std::int64_t>::min(); }), 1U);
}

TEST(CudaProfile, ADeviceCaughtBetweenTwoWordsIsNeverNegative) {
  DeviceRecord record{};
  record.live = -5;
  record.ordered_live = 7;
  record.last.tracked = 10;
  record.last.ordered = 11;
  ProfileBuilder builder;
  builder.add_device(0, "x", record);
  const Profile profile = read(builder);
  ASSERT_EQ(profile.devices.size(), 1U);
  EXPECT_EQ(profile.devices[0].record.live, 0);
  EXPECT_EQ(profile.devices[0].record.ordered_live, 0);
  EXPECT_EQ(profile.devices[0].record.last.ordered, 10U);
}

TEST(CudaProfile, AReleaseOfAMissingSiteIsLeftOutAndAMissingReleaserIsUnknown) {
  ProfileBuilder builder;
  const auto site = builder.add_site(0, Space::Device, profile::MemoryKind::Plain, 0);
  builder.add_release(release_of(site, 500'000, 10));
  builder.add_release(release_of(400'000, site, 20));
  ReleaseRecord strange = release_of(site, site, 30);
  strange.how = static_cast<profile::ReleasedBy>(9);
  builder.add_release(strange);
  const Profile profile = read(builder);
  ASSERT_EQ(profile.releases.size(), 1U);
  EXPECT_EQ(profile.releases[0].bytes, 10U);
  EXPECT_EQ(profile.releases[0].released_site, 0U);
  EXPECT_EQ(profile.damage.size(), 2U);
}

TEST(CudaProfile, WhatWasNotHookedIsCheckedAndItsTextCut) {
  ProfileBuilder builder;
  builder.add_unhooked(std::string(200, 'n'), 3, std::string(200, 'w'), 1);
  builder.add_unhooked("cuX", profile::kCudaRoutes, "y", 1);
  builder.add_deepbind(std::string(600, 'p'), 2);
  const Profile profile = read(builder);
  ASSERT_EQ(profile.unhooked.size(), 1U);
  EXPECT_LT(profile.unhooked[0].name.size(), 72U);
  ASSERT_EQ(profile.deepbinds.size(), 1U);
  EXPECT_EQ(profile.deepbinds[0].times, 2U);
  EXPECT_EQ(profile.damage.size(), 1U);
}

TEST(CudaProfile, AMisuseOfAnUnknownSpaceIsLeftOut) {
  auto bytes = test::cuda_profile().bytes();
  const std::size_t at = chunk_of(bytes, profile::ChunkKind::Errors);
  ASSERT_EQ(parse(bytes, "x").errors.size(), 1U);
  EXPECT_EQ(parse(bytes, "x").errors[0].space, Space::Device);
  poke<std::uint8_t>(bytes, at + offsetof(profile::ErrorRecord, space), 77);
  EXPECT_TRUE(parse(bytes, "x").errors.empty());
}

/// The same bytes under an older version's header: its end is not looked at.
Profile as_version(std::uint32_t version, std::uint64_t header_bytes) {
  auto bytes = test::full_profile().bytes();
  poke(bytes, offsetof(profile::Header, version), version);
  poke(bytes, offsetof(profile::Header, header_bytes), static_cast<std::uint32_t>(header_bytes));
  std::memset(bytes.data() + header_bytes, 0xff, sizeof(profile::Header) - header_bytes);
  return parse(bytes, "x");
}

TEST(CudaProfile, OlderVersionsAreReadAndKnowNothingOfIt) {
  for (const Profile& profile :
       {as_version(1, profile::kHeaderBytesV1), as_version(2, profile::kHeaderBytesV2)}) {
    EXPECT_EQ(profile.spaces[0].counts.live_bytes, 7000U + 6400 + 8);
    EXPECT_EQ(profile.space(Space::Imported).peak_bytes, 0U);
    EXPECT_EQ(profile.cuda_driver_version, 0U);
    EXPECT_EQ(profile.cuda_calls[0], 0U);
    EXPECT_TRUE(profile.damage.empty());
  }
  EXPECT_EQ(profile::kHeaderBytesV1, 8800U) << "as docs/profile-format.md has it";
  EXPECT_EQ(profile::kHeaderBytesV2, 8824U);
}

}  // namespace
}  // namespace weir::tool
