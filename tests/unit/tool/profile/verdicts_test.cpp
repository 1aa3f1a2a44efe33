// Verdicts: read as they are, never more than what is live, and refused where they make no sense.
#include <gtest/gtest.h>

#include "support/profile_builder.hpp"
#include "tool/merge/merge.hpp"
#include "tool/profile/profile.hpp"

namespace weir::tool {
namespace {

using profile::ScanResult;
using profile::VerdictRecord;

constexpr std::uint32_t kBoth = 2, kCache = 3;  // sites of judged_profile()

Profile parsed(const test::ProfileBuilder& builder) { return parse(builder.bytes(), "x"); }

profile::ScanRecord scan_that(ScanResult result) {
  profile::ScanRecord out{};
  out.result = result;
  out.threads = 1;
  return out;
}

VerdictRecord verdict(std::uint64_t lost, std::uint64_t reachable, std::uint64_t each) {
  VerdictRecord out{};
  out.lost_blocks = lost;
  out.lost_bytes = lost * each;
  out.reachable_blocks = reachable;
  out.reachable_bytes = reachable * each;
  return out;
}

TEST(Verdicts, AreThoseOfTheFile) {
  const Profile read = parsed(test::judged_profile());
  EXPECT_TRUE(read.damage.empty());
  ASSERT_TRUE(read.scan);
  EXPECT_EQ(read.scan->times(ScanResult::Done), 1U);
  EXPECT_EQ(read.scan->blocks, 1010U);
  EXPECT_EQ(read.scan->without_registers, 2U);
  const Judgement& both = read.sites[kBoth].verdict;
  EXPECT_EQ(both.direct.blocks, 3U);
  EXPECT_EQ(both.indirect.bytes, 200U);
  EXPECT_EQ(both.reachable.bytes, 500U);
  EXPECT_EQ(both.lost().bytes, 500U);
  EXPECT_EQ(both.example, 0x7000U);
  const Judgement& cache = read.sites[kCache].verdict;
  EXPECT_EQ(cache.pinned_bytes, 2U << 20);
  EXPECT_EQ(cache.slab_bytes, 500U * 16384);
  EXPECT_EQ(cache.slab_live_bytes, 245'760U);
  EXPECT_EQ(cache.small_bytes, 15'000U);
}

TEST(Verdicts, SizeClassesAreInOrderAndEachOnce) {
  auto builder = test::judged_profile();
  builder.walked_class({16, 9, 256, 1, 4096});
  const Profile read = parsed(builder);
  ASSERT_EQ(read.scan->classes.size(), 2U);
  EXPECT_EQ(read.scan->classes[0].bytes, 16U);
  EXPECT_EQ(read.scan->classes[0].live_blocks, 10U);
  EXPECT_EQ(read.scan->classes[1].bytes, 32U);
}

TEST(Verdicts, AnImpossibleSizeClassIsLeftOut) {
  auto builder = test::judged_profile();
  builder.walked_class({48, 300, 256, 1, 12288});
  const Profile read = parsed(builder);
  EXPECT_EQ(read.damage.size(), 1U);
  EXPECT_EQ(read.scan->classes.size(), 2U);
}

TEST(Verdicts, AFileWithoutThemHasNone) {
  const Profile read = parsed(test::full_profile());
  EXPECT_FALSE(read.scan);
  for (const Site& site : read.sites) EXPECT_TRUE(site.verdict.is_empty());
}

TEST(Verdicts, AnOlderVersionIsStillRead) {
  for (const std::uint32_t version : {3U, 4U}) {
    auto builder = test::full_profile();
    builder.header.version = version;
    builder.header.header_bytes = profile::kHeaderBytesV4;
    EXPECT_TRUE(parsed(builder).damage.empty()) << version;
  }
}

TEST(Verdicts, AFileThatKnowsOfNoFailedLooksIsStillRead) {
  auto builder = test::judged_profile();
  builder.header.version = 5;
  builder.header.header_bytes = profile::kHeaderBytesV5;
  builder.header.failed_looks.times[3] = 7;  // where an older file has something else
  const Profile read = parsed(builder);
  EXPECT_TRUE(read.damage.empty());
  ASSERT_TRUE(read.scan);
  EXPECT_EQ(read.scan->times_failed_later(), 0U);
  EXPECT_EQ(read.sites[kBoth].verdict.lost().bytes, 500U);
}

TEST(Verdicts, WhatWasFreedAfterTheLookWasReachable) {
  auto builder = test::judged_profile();
  builder.count_blocks(kBoth, 100, 10, 4);
  const Judgement both = parsed(builder).sites[kBoth].verdict;
  EXPECT_EQ(both.lost().blocks, 5U);
  EXPECT_EQ(both.reachable.blocks, 1U);
  EXPECT_EQ(both.reachable.bytes, 100U);
}

TEST(Verdicts, AreNeverMoreThanWhatIsLive) {
  auto builder = test::judged_profile();
  builder.judge(kBoth, verdict(50, 50, 1000));
  const Judgement both = parsed(builder).sites[kBoth].verdict;
  EXPECT_EQ(both.lost().blocks, 10U);
  EXPECT_EQ(both.lost().bytes, 1000U);
  EXPECT_EQ(both.reachable.blocks + both.reachable.bytes, 0U);
}

TEST(Verdicts, ReachableBlocksThatOthersHaveReplacedLeaveNoBytesWithoutBlocks) {
  auto builder = test::judged_profile();
  profile::VerdictRecord all{};
  all.reachable_blocks = 10;
  all.reachable_bytes = 400;  // 1,000 are live by now
  builder.judge(kBoth, all);
  const Judgement both = parsed(builder).sites[kBoth].verdict;
  EXPECT_EQ(both.reachable.blocks, 10U);
  EXPECT_EQ(both.reachable.bytes, 1000U);
}

TEST(Verdicts, ImpossibleOnesAreLeftOut) {
  auto builder = test::judged_profile();
  builder.judge(kBoth, verdict(~std::uint64_t{0}, 1, 1));
  const Profile read = parsed(builder);
  EXPECT_EQ(read.damage.size(), 1U);
  EXPECT_TRUE(read.sites[kBoth].verdict.is_empty());
  EXPECT_FALSE(read.sites[kCache].verdict.is_empty());
}

TEST(Verdicts, SlabsAreNotFullerThanFull) {
  for (std::uint64_t VerdictRecord::*field : {&VerdictRecord::slab_live_bytes, &VerdictRecord::small_bytes}) {
    auto builder = test::judged_profile();
    VerdictRecord record = verdict(1, 0, 100);
    record.slabs = 1;
    record.slab_bytes = 4096;
    record.slab_live_bytes = record.small_bytes = 100;
    builder.judge(kBoth, record);
    EXPECT_EQ(parsed(builder).damage.size(), 0U);
    record.*field = 5000;
    builder.judge(kBoth, record);
    EXPECT_EQ(parsed(builder).damage.size(), 1U);
  }
}

TEST(Verdicts, OnMissingSitesAreLeftOut) {
  auto builder = test::judged_profile();
  builder.judge(100, verdict(1, 0, 1));
  EXPECT_EQ(parsed(builder).damage.size(), 1U);
}

TEST(Verdicts, CountOnlyWhereTheLookCameToItsEnd) {
  for (const ScanResult result : {ScanResult::None, ScanResult::Failed, ScanResult::NoSnapshot}) {
    auto builder = test::judged_profile();
    builder.scan(scan_that(result));
    const Profile read = parsed(builder);
    EXPECT_EQ(read.scan.has_value(), result != ScanResult::None);
    EXPECT_TRUE(read.sites[kBoth].verdict.is_empty());
  }
}

TEST(Verdicts, StayWhereALaterLookFails) {
  auto builder = test::judged_profile();
  builder.header.scan.at_ns = 100;
  note_failed_look(ScanResult::NoMemory, 200, builder.header.scan, builder.header.failed_looks);
  note_failed_look(ScanResult::NoMemory, 300, builder.header.scan, builder.header.failed_looks);
  note_failed_look(ScanResult::Forbidden, 400, builder.header.scan, builder.header.failed_looks);
  const Profile read = parsed(builder);
  ASSERT_TRUE(read.scan);
  EXPECT_TRUE(read.scan->has_verdicts());
  EXPECT_EQ(read.scan->at_ns, 100U);
  EXPECT_EQ(read.scan->times_failed_later(), 3U);
  EXPECT_EQ(read.scan->failed_later[static_cast<std::size_t>(ScanResult::NoMemory)], 2U);
  EXPECT_EQ(read.scan->last_failed_ns, 400U);
  EXPECT_EQ(read.sites[kBoth].verdict.lost().bytes, 500U);
}

TEST(Verdicts, AFailedLookIsTheResultWhereThereAreNone) {
  profile::ScanRecord scan{};
  profile::FailedLooks failed{};
  note_failed_look(ScanResult::Failed, 1, scan, failed);
  note_failed_look(ScanResult::Off, 2, scan, failed);
  EXPECT_EQ(scan.result, ScanResult::Off);
  for (const std::uint32_t times : failed.times) EXPECT_EQ(times, 0U);
}

TEST(Verdicts, FailuresAddUpWhenMergedAndSurviveTheFile) {
  Merger merger;
  for (std::uint32_t pid = 1; pid != 4; ++pid) {
    auto builder = test::judged_profile();
    builder.header.pid = pid;
    builder.header.scan.looks = pid == 3 ? 0 : 1;
    if (pid != 3) note_failed_look(ScanResult::TooLarge, 1, builder.header.scan, builder.header.failed_looks);
    ASSERT_TRUE(merger.add(parsed(builder)));
  }
  const Profile all = parse(merged_bytes(merger.finish()), "m");
  EXPECT_TRUE(all.damage.empty());
  ASSERT_TRUE(all.scan);
  EXPECT_EQ(all.scan->on_request, 2U);
  EXPECT_EQ(all.scan->failed_later[static_cast<std::size_t>(ScanResult::TooLarge)], 2U);
}

TEST(Verdicts, AnUnknownResultIsDamage) {
  auto builder = test::judged_profile();
  builder.scan(scan_that(static_cast<ScanResult>(99)));
  const Profile read = parsed(builder);
  EXPECT_EQ(read.damage.size(), 1U);
  EXPECT_FALSE(read.scan);
}

TEST(Verdicts, AddUpWhenMergedAndSurviveTheFile) {
  Merger merger;
  for (std::uint32_t pid = 1; pid != 4; ++pid) {
    auto builder = pid == 3 ? test::full_profile() : test::judged_profile();
    builder.header.pid = pid;
    ASSERT_TRUE(merger.add(parsed(builder)));
  }
  const Profile all = parse(merged_bytes(merger.finish()), "m");
  EXPECT_TRUE(all.damage.empty());
  ASSERT_TRUE(all.scan);
  EXPECT_EQ(all.scan->times(ScanResult::Done), 2U);
  EXPECT_EQ(all.scan->took_ns, 5'000'000U);
  Judgement sum;
  for (const Site& site : all.sites)
    if (site.verdict.direct.blocks != 0) sum = site.verdict;
  EXPECT_EQ(sum.direct.blocks, 6U);
  EXPECT_EQ(sum.indirect.bytes, 400U);
  EXPECT_EQ(sum.reachable.bytes, 1000U);
  EXPECT_EQ(sum.example, 0U);
  EXPECT_EQ(sum.slab_bytes, 8192U);
  EXPECT_EQ(sum.slab_live_bytes, 4096U);
  EXPECT_EQ(sum.small_bytes, 2000U);
  ASSERT_EQ(all.scan->classes.size(), 2U);
  EXPECT_EQ(all.scan->classes[1].live_blocks, 2000U);
  EXPECT_EQ(all.scan->classes[1].capacity_blocks, 512'000U);
  EXPECT_EQ(all.scan->classes[1].slab_bytes, 16384U);
}

}  // namespace
}  // namespace weir::tool
