// The trend of a site: what grows is told from what swings, and no number says more than the readings do.
#include "tool/growth/growth.hpp"

#include <gtest/gtest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "support/profile_builder.hpp"
#include "tool/report/report.hpp"

namespace weir::tool {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::size_t kSite = 2;

/// One site of blocks of 100 bytes, at one second after the other.
struct Step {
  std::uint64_t live, freed = 0, held_before = 0;
};
std::vector<Reading> readings(const std::vector<Step>& steps) {
  std::vector<Reading> out;
  for (const Step& step : steps) {
    Reading reading;
    reading.moment.at_ns = (out.size() + 1) * kSecond;
    reading.sites.resize(kSite + 1);
    Reading::Site& site = reading.sites[kSite];
    site.exists = true;
    site.counts.live_blocks = step.live;
    site.counts.live_bytes = 100 * step.live;
    site.counts.freed_blocks = step.freed;
    site.counts.allocated_blocks = step.live + step.freed;
    site.held_before = 100 * std::max(step.live, step.held_before);
    reading.totals = site.counts;
    out.push_back(std::move(reading));
  }
  return out;
}
/// The site, or nothing when it is level.
std::optional<SiteGrowth> grown(const std::vector<Step>& steps, bool is_one_run = true) {
  const Growth growth = growth_of(readings(steps), is_one_run);
  if (growth.sites.empty()) return std::nullopt;
  return growth.sites.front();
}
Trend trend(const std::vector<Step>& steps, bool is_one_run = true) {
  const auto site = grown(steps, is_one_run);
  return site ? site->trend : Trend::Level;
}

TEST(Growth, WhatNeverGoesDownAndIsHigherThanEverGrows) {
  EXPECT_EQ(trend({{1}, {2}}), Trend::Growing);
  EXPECT_EQ(trend({{1}, {1}, {2}}), Trend::Growing);
  EXPECT_EQ(trend({{0}, {1}}), Trend::Growing);
  EXPECT_EQ(trend({{7}, {7}}), Trend::Level);
  EXPECT_EQ(trend({{7}, {6}}), Trend::Shrinking);
}

TEST(Growth, WhatWentDownBetweenIsUneven) {
  EXPECT_EQ(trend({{5}, {30}, {15}, {25}}), Trend::Uneven);
  EXPECT_EQ(trend({{5}, {30}, {15}, {5}}), Trend::Level);
}

TEST(Growth, WhatHeldAsMuchBeforeIsUneven) {
  EXPECT_EQ(trend({{.live = 5, .held_before = 40}, {40}}), Trend::Uneven);
  EXPECT_EQ(trend({{.live = 5, .held_before = 40}, {41}}), Trend::Growing);
}

TEST(Growth, ALeakThatSwingsIsKnownByItsLows) {
  EXPECT_EQ(trend({{1}, {4}, {3}, {6}, {5}, {8}}), Trend::Growing);
  EXPECT_EQ(trend({{1}, {9}, {3}, {6}, {5}, {8}}), Trend::Uneven);
  EXPECT_EQ(trend({{1}, {4}, {3}, {6}}), Trend::Uneven);  // too few to tell
}

TEST(Growth, BlocksWithoutBytesGrowToo) {
  auto both = readings({{0}, {0}});
  both[1].sites[kSite].counts.live_blocks = 3;
  const Growth growth = growth_of(std::move(both), true);
  ASSERT_EQ(growth.sites.size(), 1U);
  EXPECT_EQ(growth.sites[0].trend, Trend::Growing);
  EXPECT_EQ(growth.sites[0].growth_blocks(), 3);
}

TEST(Growth, TheSlopeIsThatOfTheNearestLine) {
  EXPECT_DOUBLE_EQ(*grown({{10}, {20}, {30}})->bytes_per_second, 1000);
  EXPECT_DOUBLE_EQ(*grown({{10}, {20}, {30}})->blocks_per_second, 10);
  EXPECT_DOUBLE_EQ(*grown({{0}, {0}, {3}})->bytes_per_second, 150);
  auto at_once = readings({{1}, {2}});
  at_once[1].moment = at_once[0].moment;
  EXPECT_FALSE(growth_of(std::move(at_once), true).sites[0].bytes_per_second);
}

TEST(Growth, SurvivorsAreThoseThatFreesCannotHaveTaken) {
  EXPECT_EQ(grown({{.live = 10}, {.live = 15, .freed = 4}})->survivors, 6U);
  EXPECT_EQ(grown({{.live = 10}, {.live = 15, .freed = 40}})->survivors, 0U);
  EXPECT_EQ(grown({{.live = 10, .freed = 100}, {.live = 15, .freed = 100}})->survivors, 10U);
}

TEST(Growth, WhatIsLostIsComparedWhereBothWereLookedAt) {
  const auto compared = [](bool was_looked_at) {
    auto both = readings({{10}, {20}});
    both[0].has_verdicts = was_looked_at;
    both[1].has_verdicts = true;
    both[0].sites[kSite].lost_bytes = 300;
    both[1].sites[kSite].lost_bytes = 100;
    both[1].sites[kSite].lost_blocks = 4;
    return growth_of(std::move(both), true).sites[0];
  };
  EXPECT_EQ(compared(true).lost_bytes, -200);
  EXPECT_EQ(compared(true).lost_blocks, 4);
  EXPECT_FALSE(compared(false).lost_bytes);
}

TEST(Growth, TwoRunsHaveNeitherSlopeNorSurvivors) {
  const auto site = grown({{.live = 5, .held_before = 40}, {6}}, false);
  EXPECT_EQ(site->trend, Trend::Growing);
  EXPECT_FALSE(site->bytes_per_second);
  EXPECT_EQ(site->survivors, 0U);
}

TEST(Growth, AnEstimateGrowsWhenItSurelyDoes) {
  const auto with = [](double variance) {
    auto both = readings({{10}, {20}});
    both[1].sites[kSite].counts.spread.allocated_bytes = variance;
    both[1].sites[kSite].counts.spread.live_bytes = variance;
    return growth_of(std::move(both), true).sites.size();
  };
  EXPECT_EQ(with(499.0 * 499), 1U);
  EXPECT_EQ(with(501.0 * 501), 0U);
}

TEST(Growth, AnEstimateIsANewHighWhenItSurelyIs) {
  // Of 10 blocks to 30, all of them others; 20 were live before, by an estimate that is as good as `error` bytes.
  const auto with = [](double error) {
    auto both = readings({{.live = 10, .held_before = 20}, {.live = 30, .freed = 10}});
    both[0].sites[kSite].held_variance = error * error;
    return growth_of(std::move(both), true).sites.at(0).trend;
  };
  EXPECT_EQ(with(0), Trend::Growing);
  EXPECT_EQ(with(499), Trend::Growing);
  EXPECT_EQ(with(501), Trend::Uneven);
}

TEST(Growth, ASiteThatIsNewBeganWithNothing) {
  auto both = readings({{1}, {9}});
  both[0].sites.resize(kSite);
  const Growth growth = growth_of(std::move(both), true);
  EXPECT_EQ(growth.sites[0].then_blocks, 0U);
  EXPECT_EQ(growth.sites[0].growth_blocks(), 9);
}

TEST(Growth, WhatGrowsComesFirstAndTheMostOfIt) {
  auto both = readings({{10}, {5}});
  for (Reading& reading : both) reading.sites.resize(6);
  const auto grow = [&](std::size_t site, std::uint64_t bytes, std::uint64_t held_before) {
    for (Reading& reading : both) reading.sites[site].exists = true;
    both[0].sites[site].held_before = held_before;
    both[1].sites[site].counts.live_bytes = bytes;
  };
  grow(3, 900, 1000);
  grow(4, 100, 0);
  grow(5, 200, 0);
  std::vector<std::uint32_t> order;
  for (const SiteGrowth& site : growth_of(std::move(both), true).sites) order.push_back(site.site);
  EXPECT_EQ(order, (std::vector<std::uint32_t>{5, 4, 3, 2}));
}

/// A run in which one site has so many blocks of 64 bytes live.
test::ProfileBuilder run(std::uint64_t blocks, std::uint64_t pc = 0x1234) {
  test::ProfileBuilder out;
  out.header.end = profile::End::Running;
  out.header.ended_ns = 0;
  out.header.last_seen_ns = blocks * kSecond;
  const auto module = out.add_module("/opt/app/leaky", 0, 0x1000, 0x9000);
  out.count_blocks(out.add_site(out.add_stack({0x1100, pc}, module)), 64, blocks, 0);
  return out;
}
Reading reading_of(const test::ProfileBuilder& builder, std::uint64_t at_ns = 0,
                   Moment::Basis basis = Moment::Basis::FileTime) {
  const Profile profile = parse(builder.bytes(), "x");
  return read_out(profile, "x", {.at_ns = at_ns, .basis = basis, .last_seen_ns = profile.process.last_seen_ns});
}

TEST(GrowthReadings, ARunIsKnownByItsStartAndItsStacks) {
  auto other_pid = run(2), other_start = run(2);
  ++other_pid.header.pid;
  ++other_start.header.started_realtime_ns;
  const auto same = [](const test::ProfileBuilder& a, const test::ProfileBuilder& b) {
    const Reading both[] = {reading_of(a), reading_of(b)};
    return are_of_one_run(both);
  };
  EXPECT_TRUE(same(run(1), run(2)));
  EXPECT_FALSE(same(run(1), other_pid));
  EXPECT_FALSE(same(run(1), other_start));
  EXPECT_FALSE(same(run(1), run(2, 0x4321)));
}

TEST(GrowthReadings, VerdictsAreReadOut) {
  const Reading judged = reading_of(test::judged_profile());
  EXPECT_TRUE(judged.has_verdicts);
  std::uint64_t lost = 0;
  for (const Reading::Site& site : judged.sites) lost += site.lost_blocks;
  EXPECT_EQ(lost, 5U);
  EXPECT_FALSE(reading_of(run(1)).has_verdicts);
}

TEST(GrowthReadings, WhatWasAllocatedGivesTheOrder) {
  std::vector<Reading> all;
  all.push_back(reading_of(run(9), 90 * kSecond));
  all.push_back(reading_of(run(1), 10 * kSecond));
  EXPECT_EQ(put_in_order(all), (std::vector<std::size_t>{1, 0}));
  EXPECT_EQ(all[0].totals.live_blocks, 1U);
  EXPECT_EQ(all[1].moment.at_ns, 90 * kSecond);
}

TEST(GrowthReadings, FileTimesThatGoBackAreNotBelieved) {
  std::vector<Reading> all;
  all.push_back(reading_of(run(1), 90 * kSecond));
  all.push_back(reading_of(run(9), 10 * kSecond));
  put_in_order(all);
  EXPECT_EQ(all[0].moment.at_ns, 1 * kSecond);
  EXPECT_EQ(all[1].moment.at_ns, 9 * kSecond);
  EXPECT_EQ(all[1].moment.basis, Moment::Basis::LastSeen);
}

/// When a file that was last written so long after the start was counted.
Moment moment_of_file(test::ProfileBuilder builder, std::int64_t written_s) {
  const std::string path = test::write_temporary("growth", builder.bytes());
  const timespec time{static_cast<time_t>(builder.header.started_realtime_ns / kSecond) + written_s, 0};
  const timespec both[] = {time, time};
  EXPECT_EQ(utimensat(AT_FDCWD, path.c_str(), both, 0), 0);
  const Moment out = moment_of(load(path), path);
  unlink(path.c_str());
  return out;
}

TEST(GrowthMoment, ACopyIsAsOldAsItsFileButNotOlderThanWhatIsInIt) {
  const auto copy = run(5);
  EXPECT_EQ(moment_of_file(copy, 60).basis, Moment::Basis::FileTime);
  EXPECT_EQ(moment_of_file(copy, 60).at_ns, 60 * kSecond);
  EXPECT_EQ(moment_of_file(copy, 3).basis, Moment::Basis::LastSeen);
  EXPECT_EQ(moment_of_file(copy, 3).at_ns, 5 * kSecond);
  EXPECT_EQ(moment_of_file(copy, -9).at_ns, 5 * kSecond);
}

TEST(GrowthMoment, AnEndIsWhatTheProcessNoted) {
  auto ended = run(5);
  ended.header.end = profile::End::Exited;
  ended.header.ended_ns = 7 * kSecond;
  EXPECT_EQ(moment_of_file(ended, 60).basis, Moment::Basis::Ended);
  EXPECT_EQ(moment_of_file(ended, 60).at_ns, 7 * kSecond);
}

std::string diff(ReportOptions options) {
  options.symbolize = &symbolize_none;
  options.schema = "weir-diff/1";
  options.width = 10'000;
  std::vector<Reading> all;
  all.push_back(reading_of(run(10), 10 * kSecond));
  all.push_back(reading_of(run(30), 20 * kSecond));
  const Profile newest = parse(run(30).bytes(), "x");
  const Growth growth = growth_of(std::move(all), true);
  std::ostringstream out;
  write_growth(growth, newest, options, out);
  return out.str();
}

TEST(GrowthReport, JsonHasWhatThePageSays) {
  ReportOptions options;
  options.format = "json";
  const auto all = nlohmann::json::parse(diff(options));
  EXPECT_EQ(all["schema"], "weir-diff/1");
  EXPECT_EQ(all["same_run"], true);
  EXPECT_EQ(all["seconds"], 10);
  EXPECT_EQ(all["profiles"][1]["at_by"], "file_time");
  EXPECT_EQ(all["bytes_per_second"], 128);
  const auto& site = all["sites"].at(0);
  EXPECT_EQ(site["trend"], "growing");
  EXPECT_EQ(site["bytes"], 1280);
  EXPECT_EQ(site["live_bytes"], (std::vector<int>{640, 1920}));
  EXPECT_EQ(site["survivors_at_least"], 10);
  EXPECT_TRUE(site["lost_bytes"].is_null());
  EXPECT_EQ(site["frames"].size(), 2U);
}

TEST(GrowthReport, TextNamesTheSiteItsSlopeAndItsSurvivors) {
  const std::string text = diff({});
  for (const char* part : {"1 call site grows steadily, +1.25 KiB in all:", "1. +1,280 bytes in +20 blocks, 450 KiB an hour",
                           "since then 20 blocks allocated, none freed; of the 10 that were live, all still are"})
    EXPECT_NE(text.find(part), std::string::npos) << "no \"" << part << "\" in\n" << text;
}

TEST(GrowthReport, WithoutWatchingTheSectionSaysWhy) {
  ReportOptions options;
  options.format = "json";
  options.only = "growth";
  options.symbolize = &symbolize_none;
  std::ostringstream out;
  write_report(parse(test::full_profile().bytes(), "x"), options, out);
  const auto growth = nlohmann::json::parse(out.str())["growth"];
  EXPECT_EQ(growth["why"], "the process has ended");
  EXPECT_TRUE(growth["watched_s"].is_null());
  EXPECT_EQ(growth["sites"].size(), 0U);
}

}  // namespace
}  // namespace weir::tool
