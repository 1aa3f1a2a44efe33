// What the report says of weir's pools and of memory that ran out.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "support/profile_builder.hpp"
#include "tool/report/pools.hpp"
#include "tool/report/report.hpp"

namespace weir::tool {
namespace {

constexpr std::int64_t kMiB = 1 << 20;

std::string report(const test::ProfileBuilder& builder, ReportOptions options) {
  options.symbolize = &symbolize_none;
  std::ostringstream out;
  write_report(parse(builder.bytes(), "x"), options, out);
  return out.str();
}
std::string text(const test::ProfileBuilder& builder, const char* only) {
  ReportOptions options;
  options.only = only;
  options.width = 1000;
  return report(builder, options);
}
nlohmann::json json(const test::ProfileBuilder& builder) {
  ReportOptions options;
  options.format = "json";
  return nlohmann::json::parse(report(builder, options));
}
std::string short_report(const test::ProfileBuilder& builder) {
  return summary(parse(builder.bytes(), "x"), {.profile_path = "x.weir", .symbolize = &symbolize_none});
}
void has(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), std::string::npos) << part << "\n is not in\n" << text;
}
void lacks(const std::string& text, const std::string& part) {
  EXPECT_EQ(text.find(part), std::string::npos) << part << "\n is in\n" << text;
}

Pool pool_with(profile::PoolRecord record, std::vector<profile::PoolClassRecord> classes = {}) {
  return {.record = record, .classes = std::move(classes)};
}

TEST(PoolsJson, ADeviceSaysWhatItsPoolHolds) {
  const auto device = json(test::pools_profile())["fragmentation"]["device"][0];
  EXPECT_EQ(device["live_bytes"], 3 * kMiB);
  EXPECT_EQ(device["reserved_bytes"], (3 + 10 + 54) * kMiB);
  EXPECT_EQ(device["idle_bytes"], 50 * kMiB);
  EXPECT_EQ(device["pending_bytes"], 4 * kMiB);
  EXPECT_EQ(device["largest_idle_bytes"], (50 * kMiB - 512) / 5);
  EXPECT_EQ(device["internal_fragmentation_bytes"], 10 * kMiB);
  EXPECT_EQ(device["external_fragmentation_bytes"], 54 * kMiB);
  EXPECT_EQ(device["pool_hits"], 900);
  EXPECT_EQ(device["pool_misses"], 100);
  const auto& pool = device["pool"];
  EXPECT_EQ(pool["policy"], "bucket");
  EXPECT_EQ(pool["free_mode"], "strict");
  EXPECT_EQ(pool["live_bytes"], 110 * kMiB);
  EXPECT_EQ(pool["reserved_bytes"], 164 * kMiB);
  EXPECT_DOUBLE_EQ(pool["hit_rate"].get<double>(), 0.9);
  EXPECT_EQ(pool["size_classes"].size(), 2U);
  EXPECT_EQ(pool["size_classes"][0]["hits"], 400);
}

TEST(PoolsJson, TimeSavedIsOfEachClassesOwnMisses) {
  const auto pool = json(test::pools_profile())["fragmentation"]["device"][0]["pool"];
  // 400 hits of 0.2 ms, 500 of 1.8 ms; 970 frees that never came to the driver, of 2 ms, less 0.5 s of
  // their own waiting.
  EXPECT_DOUBLE_EQ(pool["time_saved_in_allocs_s"].get<double>(), 0.98);
  EXPECT_DOUBLE_EQ(pool["time_saved_in_frees_s"].get<double>(), 1.44);
  EXPECT_DOUBLE_EQ(pool["time_saved_s"].get<double>(), 2.42);
  EXPECT_EQ(pool["driver_calls_saved"], 900 + 970);
}

TEST(PoolsJson, WhatWasNotMeasuredIsNull) {
  const auto all = json(test::pools_profile());
  const auto& pinned = all["fragmentation"]["pinned"];
  EXPECT_TRUE(pinned["pool"]["time_saved_s"].is_null());
  EXPECT_EQ(pinned["pool"]["free_mode"], "deferred");
  EXPECT_EQ(pinned["idle_bytes"], 8192);
  EXPECT_EQ(pinned["sites"].size(), 1U);
  const auto& second = all["fragmentation"]["device"][1];
  EXPECT_TRUE(second["pool"].is_null());
  EXPECT_TRUE(second["reserved_bytes"].is_null());
}

TEST(PoolsJson, SitesThatHoldTheMemoryComeMostFirst) {
  const auto sites = json(test::pools_profile())["fragmentation"]["device"][0]["sites"];
  ASSERT_EQ(sites.size(), 2U);
  EXPECT_EQ(sites[0]["live_bytes"], 3 * kMiB);
  EXPECT_EQ(sites[1]["live_bytes"], 64);
  EXPECT_FALSE(sites[0]["frames"].empty());
}

TEST(PoolsText, SaysWhatIsHeldServedAndAdvised) {
  const std::string shown = text(test::pools_profile(), "fragmentation");
  has(shown, "Device 0, weir's pool (bucket, strict frees): 164 MiB reserved: 110 MiB live (100 MiB of it asked for), 50.0 MiB idle (largest piece 10.0 MiB), 4.00 MiB pending; at most 200 MiB were reserved, and at most 60.0 MiB idle.");
  has(shown, "It served 90 % of 1,000 requests without the driver, and kept 970 frees from it: 2.42 s saved, by the measured mean of the driver's own calls.");
  has(shown, "970 frees waited 500 ms for the device; 5 blocks (40.0 MiB) given back to the driver to keep the bound of 4.00 GiB.");
  has(shown, "* WEIR_DEVICE_FREE=deferred would have saved up to 500 ms of waiting in 970 frees.");
  has(shown, "Pinned memory, weir's pool (bucket, deferred frees): 8.00 KiB reserved");
}

TEST(PoolsText, SaysNothingOfPoolsThatNobodyUsed) {
  test::ProfileBuilder builder = test::cuda_profile();
  profile::PoolRecord record{};
  record.space = Space::Device;
  builder.add_pool(record);
  lacks(text(builder, "fragmentation"), "weir's pool");
  lacks(short_report(builder), "CUDA pools");
}

TEST(PoolsAdvice, IsGivenOnlyWhereTheNumbersBearItOut) {
  constexpr std::uint64_t kRun = 10'000'000'000;
  profile::PoolRecord r{};
  r.space = Space::Device;
  r.kind = profile::PoolKind::Bucket;
  r.hits = r.misses = 1000;
  EXPECT_TRUE(pool_advice(pool_with(r), kRun).empty());
  r.waits = 1000;
  r.wait_ns = kRun / 20 - 1;
  EXPECT_TRUE(pool_advice(pool_with(r), kRun).empty());
  r.wait_ns = kRun / 20;
  EXPECT_EQ(pool_advice(pool_with(r), kRun).size(), 1U);
  r.free_mode = profile::PoolFree::Deferred;
  EXPECT_TRUE(pool_advice(pool_with(r), kRun).empty());
}

TEST(PoolsAdvice, ABoundThatGaveBackWhatWasAskedForAgainIsNamed) {
  profile::PoolRecord r{};
  r.space = Space::Device;
  r.peak_reserved = 500 * kMiB;
  r.shed_bytes = 500 * kMiB;
  EXPECT_TRUE(pool_advice(pool_with(r), 1).empty());  // it may have come and gone once
  r.shed_bytes = 700 * kMiB;
  const auto advice = pool_advice(pool_with(r), 1);
  ASSERT_EQ(advice.size(), 1U);
  has(advice[0], "at least 200 MiB were asked of the driver again");
}

TEST(PoolsAdvice, WhatWentBecauseMemoryRanOutIsNoReasonToKeepMore) {
  profile::PoolRecord r{};
  r.space = Space::Device;
  r.peak_reserved = 500 * kMiB;
  r.shed_bytes = 700 * kMiB;
  r.shed_blocks = 7;
  r.hits = r.misses = 1;
  r.no_memory = 1;
  EXPECT_TRUE(pool_advice(pool_with(r), 1).empty());
  test::ProfileBuilder builder = test::cuda_profile();
  builder.add_pool(r);
  has(text(builder, "fragmentation"), "7 blocks (700 MiB) given back to the driver; the driver was out of memory 1 time.");
}

TEST(PoolsJson, WhatIsCarvedIsNoCallOfTheDriver) {
  profile::PoolRecord r{};
  r.space = Space::Device;
  r.kind = profile::PoolKind::Slab;
  r.misses = 1000;
  r.source_allocs = 10;
  r.source_alloc_ns = 10'000'000;
  profile::PoolClassRecord one{};
  one.bytes = 512;
  one.misses = 1000;
  one.source_ns = 10'000'000;
  const PoolFacts facts = pool_facts(pool_with(r, {one}));
  EXPECT_EQ(facts.driver_calls_saved, 990U);
  EXPECT_EQ(facts.alloc_ns_saved, 0U) << "a slab's time is not a small block's";
}

TEST(PoolsAdvice, RequestsThatTheDriverServedAreNamed) {
  profile::PoolRecord r{};
  r.space = Space::Device;
  r.hits = 100;
  r.callers_passed = 90;
  r.aside_allocs = 20;
  const auto advice = pool_advice(pool_with(r), 1);
  ASSERT_EQ(advice.size(), 1U);
  has(advice[0], "52 % of 210 requests were left to the driver: 90 by libraries");
}

TEST(OutOfMemoryJson, HasTheAskerAndTheHolders) {
  const auto all = json(test::pools_profile())["out_of_memory"];
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0]["asked_bytes"], 3072 * kMiB);
  EXPECT_EQ(all[0]["pool_idle_bytes"], 900 * kMiB);
  EXPECT_EQ(all[0]["times"], 3);
  EXPECT_TRUE(all[0]["limit_bytes"].is_null());
  EXPECT_FALSE(all[0]["frames"].empty());
  ASSERT_EQ(all[0]["holders"].size(), 2U);
  EXPECT_EQ(all[0]["holders"][0]["blocks"], 7);
  EXPECT_FALSE(all[0]["holders"][0]["frames"].empty());
  EXPECT_TRUE(json(test::cuda_profile())["out_of_memory"].empty());
}

TEST(OutOfMemoryText, SaysWhyAndWhoHoldsTheRest) {
  const std::string shown = text(test::pools_profile(), "out_of_memory");
  has(shown, "1. 3.00 GiB of device memory (device 0) were asked for, 2.10 s after the start");
  has(shown, "13.8 GiB were live, 1.98 GiB unused.");
  has(shown, "It ran out here 2 times more.");
  has(shown, "13.7 GiB in 7 blocks (device 0) were live from here:");
  has(short_report(test::pools_profile()), "weir: out of memory: 3.00 GiB of device memory (device 0) were asked for, 13.8 GiB were live; see the report");
}

TEST(OutOfMemoryText, TheVerdictFollowsFromTheNumbers) {
  profile::OutOfMemoryRecord r{};
  r.asked = 100;
  r.driver_total = 1000;
  r.driver_free = 60;
  r.idle = 50;
  has(out_of_memory_verdict(r), "Fragmentation");
  r.limit = 500;
  r.tracked = 450;
  has(out_of_memory_verdict(r), "WEIR_DEVICE_LIMIT allows 500 B");
  r.limit = 0;
  r.asked = 1001;
  has(out_of_memory_verdict(r), "more than the device has");
  r.asked = 200;
  has(out_of_memory_verdict(r), "The other 440 B of 1000 B are not weir's to know");
  r.driver_total = r.driver_free = 0;
  has(out_of_memory_verdict(r), "did not say");
}

TEST(PoolsSummary, HasOneLine) {
  test::ProfileBuilder builder = test::cuda_profile();
  profile::PoolRecord record{};
  record.space = Space::Device;
  record.hits = 9;
  record.misses = 1;
  record.peak_reserved = kMiB;
  builder.add_pool(record);
  has(short_report(builder), "weir: CUDA pools: 90 % of 10 requests served without the driver, at most 1.00 MiB reserved\n");
}

TEST(PoolsReader, ImpossiblePoolsAreLeftOutAndSaid) {
  const auto damage_of = [](auto change) {
    test::ProfileBuilder builder = test::cuda_profile();
    profile::PoolRecord record{};
    record.space = Space::Device;
    record.hits = 1;
    profile::PoolClassRecord one{};
    one.bytes = 512;
    one.hits = 1;
    change(record, one);
    builder.add_pool(record, {one});
    const Profile profile = parse(builder.bytes(), "x");
    return std::pair{profile.pools.size() + (profile.pools.empty() ? 0 : profile.pools[0].classes.size()),
                     profile.damage.size()};
  };
  using Answer = std::pair<std::size_t, std::size_t>;
  EXPECT_EQ(damage_of([](auto&, auto&) {}), (Answer{2, 0}));
  EXPECT_EQ(damage_of([](auto& r, auto&) { r.hits = ~0ULL; }), (Answer{0, 1}));
  EXPECT_EQ(damage_of([](auto& r, auto&) { r.kind = static_cast<profile::PoolKind>(9); }), (Answer{0, 1}));
  EXPECT_EQ(damage_of([](auto& r, auto&) { r.live_bytes = INT64_MIN; }), (Answer{0, 1}));
  EXPECT_EQ(damage_of([](auto&, auto& c) { c.source_ns = ~0ULL; }), (Answer{1, 1}));
  EXPECT_EQ(damage_of([](auto& r, auto&) { r.live_bytes = -1; }), (Answer{2, 0}));  // between two words
}

TEST(PoolsReader, HoldersThatDoNotExistAreLeftOut) {
  test::ProfileBuilder builder = test::cuda_profile();
  profile::OutOfMemoryRecord r{};
  r.space = Space::Device;
  r.holder_count = 3;
  r.holders[0].site = 1'000'000;
  r.holders[1].site = 2;
  r.holders[2].site = 2;
  r.holders[2].bytes = ~0ULL;
  builder.add_out_of_memory(r);
  const Profile profile = parse(builder.bytes(), "x");
  ASSERT_EQ(profile.out_of_memory.size(), 1U);
  EXPECT_EQ(profile.out_of_memory[0].holder_count, 1U);
  r.holder_count = 17;
  builder.add_out_of_memory(r);
  EXPECT_EQ(parse(builder.bytes(), "x").out_of_memory.size(), 1U);
}

TEST(PoolsReader, WhatAPoolHoldsIsAttributedOnItsDevice) {
  test::ProfileBuilder builder;
  profile::DeviceRecord record{};
  record.looks = 1;
  record.first = record.last = record.highest = {
      .at_ns = 1, .used = 1000, .tracked = 600, .ordered = 0, .pools_reserved = 0};
  record.extra_first = record.extra_last = record.extra_highest = 300;
  builder.add_device(0, "x", record);
  const auto device = json(builder)["devices"][0];
  EXPECT_EQ(device["last"]["unattributed_bytes"], 100);
  EXPECT_EQ(device["last"]["pool_extra_bytes"], 300);
}

}  // namespace
}  // namespace weir::tool
