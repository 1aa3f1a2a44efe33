// The reader on profiles of sampled mode: units of blocks, variances, and what cannot be.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "support/profile_builder.hpp"
#include "tool/profile/profile.hpp"

namespace weir::tool {
namespace {

using profile::kBlockUnits;
using profile::SampleRecord;

Profile parse(const test::ProfileBuilder& builder) { return tool::parse(builder.bytes(), "x"); }

TEST(SampledProfile, BlocksComeInUnits) {
  const Profile profile = parse(test::sampled_profile());
  const Counts& leak = profile.sites[2].counts;
  EXPECT_EQ(leak.allocated_blocks, 100U);
  EXPECT_EQ(leak.freed_blocks, 41U);
  EXPECT_EQ(leak.live_blocks, 59U);
  EXPECT_EQ(leak.live_bytes, 30'000U);
  EXPECT_TRUE(profile.damage.empty());
}

TEST(SampledProfile, WhatIsFreedInEveryUnitIsFreedInEveryBlock) {
  const Profile profile = parse(test::sampled_profile());
  EXPECT_EQ(profile.sites[3].counts.live_blocks, 0U);
  EXPECT_EQ(profile.sites[3].counts.spread.live_bytes, 0);
}

TEST(SampledProfile, RoundedBlocksAddUpToTheRoundedSum) {
  test::ProfileBuilder builder;
  const auto node = builder.add_stack({0x1000}, builder.add_module("/a", 0, 0, 0x10000));
  for (int i = 0; i != 1000; ++i) {
    const auto site = builder.add_site(node);
    profile::CounterRecord c{};
    c.allocated_blocks = kBlockUnits + 307;  // 1.2998 blocks: each alone would be 1
    c.allocated_bytes = 10;
    builder.count(site, c, 0);
    SampleRecord s{};
    s.allocated_samples = 1;
    builder.sample(site, s);
  }
  const Profile profile = parse(builder);
  EXPECT_EQ(profile.spaces[0].counts.live_blocks, 1300U);
  for (std::size_t site = 2; site != 1002; ++site) {
    EXPECT_GE(profile.sites[site].counts.live_blocks, 1U);
    EXPECT_LE(profile.sites[site].counts.live_blocks, 2U);
  }
}

TEST(SampledProfile, VariancesAddUpOverSites) {
  const Profile profile = parse(test::sampled_profile());
  EXPECT_EQ(profile.sample_every, 4096U);
  EXPECT_EQ(profile.samples, 24U);
  EXPECT_EQ(profile.live_samples, 7U);
  EXPECT_DOUBLE_EQ(profile.sites[2].counts.spread.live_bytes, 6.4e7);
  EXPECT_DOUBLE_EQ(profile.spaces[0].counts.spread.allocated_bytes, 2e8);
  EXPECT_DOUBLE_EQ(profile.spaces[0].counts.spread.live_blocks, 400);
  EXPECT_DOUBLE_EQ(profile.spaces[0].peak_variance, 9e6);
  EXPECT_DOUBLE_EQ(profile.sites[2].at_peak_variance, 4e6);
}

TEST(SampledProfile, ImpossibleVariancesAreLeftOutAndSaid) {
  for (const double bad : {-1.0, 1e300, std::nan(""), std::numeric_limits<double>::infinity()}) {
    test::ProfileBuilder builder = test::sampled_profile();
    SampleRecord s{};
    s.allocated_samples = 1;
    s.allocated_bytes_variance = bad;
    builder.sample(2, s);
    builder.header.host_peak_variance = bad;
    const Profile profile = parse(builder);
    EXPECT_EQ(profile.sites[2].counts.spread.allocated_bytes, 0) << bad;
    EXPECT_TRUE(std::isfinite(profile.spaces[0].peak_variance)) << bad;
    EXPECT_FALSE(profile.damage.empty()) << bad;
  }
}

TEST(Profile, OfVersionOneIsStillRead) {
  test::ProfileBuilder builder = test::full_profile();
  builder.header.version = 1;
  builder.header.header_bytes = profile::kHeaderBytesV1;
  builder.header.sample_every = ~std::uint64_t{0};  // not of the header then
  const Profile profile = parse(builder);
  EXPECT_TRUE(profile.damage.empty());
  EXPECT_EQ(profile.sample_every, 0U);
  EXPECT_EQ(profile.process.pid, 4711U);
}

}  // namespace
}  // namespace weir::tool
