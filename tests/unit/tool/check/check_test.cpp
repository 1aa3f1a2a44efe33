// The gate: limits hold to the byte, a baseline takes away what it has and no more, and nothing unjudged passes by itself.
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "support/profile_builder.hpp"
#include "tool/check/check.hpp"
#include "tool/merge/merge.hpp"

namespace weir::tool {
namespace {

using Limit = std::optional<std::uint64_t>;

struct Amount {
  std::uint64_t lost = 0, reachable = 0, unjudged = 0;  ///< blocks of 100 bytes
};

/// A process that ended by itself and was looked through; what it holds, by the place that asked for it.
test::ProfileBuilder process(const std::map<std::uint64_t, Amount>& places, std::uint32_t pid = 1,
                             const std::string& build = "0123456789abcdef0123") {
  test::ProfileBuilder out;
  out.header.pid = pid;
  test::put_text(out.header.exe, "/opt/app/leaky");
  const auto app = out.add_module("/opt/app/leaky", 0x10000, 0x10000, 0x20000, build);
  const auto main = out.add_node(0x11000, 0, app);
  for (const auto& [place, amount] : places) {
    const auto site = out.add_site(out.add_node(0x11000 + place, main, app));
    out.count_blocks(site, 100, amount.lost + amount.reachable + amount.unjudged, 0);
    profile::VerdictRecord verdict{};
    verdict.lost_blocks = amount.lost;
    verdict.lost_bytes = 100 * amount.lost;
    verdict.reachable_blocks = amount.reachable;
    verdict.reachable_bytes = 100 * amount.reachable;
    out.judge(site, verdict);
  }
  profile::ScanRecord scan{};
  scan.result = profile::ScanResult::Done;
  out.scan(scan);
  return out;
}

/// One that a signal ended, before anybody looked.
test::ProfileBuilder killed(const std::map<std::uint64_t, Amount>& places, std::uint32_t pid = 1) {
  auto out = process(places, pid);
  out.header.end = profile::End::Signalled;
  out.header.end_value = 9;
  out.scan({});
  return out;
}

using Profiles = std::vector<test::ProfileBuilder>;

void take_in(const Profiles& builders, Checked& into) {
  for (const auto& each : builders) EXPECT_TRUE(into.add(parse(each.bytes(), "x"), "x.weir"));
  into.finish();
}

struct Result {
  bool passed;
  std::string text;
  [[nodiscard]] nlohmann::json json() const { return nlohmann::json::parse(text)["check"]; }
};

Result check(const Profiles& profiles, CheckOptions options = {}, const Profiles& baseline = {}) {
  options.report.symbolize = &symbolize_none;
  options.report.width = 10'000;
  Checked checked;
  take_in(profiles, checked);
  std::optional<Checked> before;
  if (!baseline.empty()) take_in(baseline, before.emplace());
  std::ostringstream out;
  const bool passed = write_check(checked, before ? &*before : nullptr, options, out);
  return {passed, out.str()};
}

Result against(const Profiles& baseline, const Profiles& profiles, CheckOptions options = {}) {
  return check(profiles, std::move(options), baseline);
}

bool passes(const Profiles& profiles, Limit max_lost, Limit max_live, bool allow_unknown = false) {
  CheckOptions options{.max_lost = max_lost, .max_live = max_live, .allow_unknown = allow_unknown, .report = {}};
  return check(profiles, options).passed;
}

CheckOptions as_json() {
  CheckOptions out;
  out.report.format = "json";
  return out;
}

void has(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), std::string::npos) << "no \"" << part << "\" in\n" << text;
}

TEST(Check, LimitsHoldToTheByte) {
  const Profiles one{process({{0x100, {.lost = 3, .reachable = 2}}})};
  EXPECT_FALSE(passes(one, {}, {}));
  EXPECT_FALSE(passes(one, 299, {}));
  EXPECT_TRUE(passes(one, 300, {}));
  EXPECT_FALSE(passes(one, {}, 499));
  EXPECT_TRUE(passes(one, {}, 500));
  EXPECT_FALSE(passes(one, 299, 500));
  EXPECT_FALSE(passes(one, 300, 499));
  EXPECT_TRUE(passes({process({{0x100, {.reachable = 2}}})}, {}, {}));
}

TEST(Check, SaysWhichLimitAndWhere) {
  const Result lost = check({process({{0x100, {.lost = 3}}, {0x200, {.lost = 1}}})});
  has(lost.text, "Check failed\n");
  has(lost.text, "! Lost: 400 bytes in 4 blocks at 2 call sites; --max-lost allows 0 bytes: that is over the limit.");
  has(lost.text, "1. 300 bytes in 3 blocks - leaky+0x1100\n");
  has(lost.text, "2. 100 bytes in 1 block - leaky+0x1200\n");
  has(check({process({{0x100, {.reachable = 3}}})}, {.max_lost = {}, .max_live = 1, .report = {}}).text,
      "! Live at the end: 300 bytes in 3 blocks at 1 call site; --max-live allows 1 byte");
  has(check({process({})}).text, "Check passed\n");
}

TEST(Check, OfABaselineOnlyTheExcessCounts) {
  const Profiles before{process({{0x100, {.lost = 3}}, {0x200, {.lost = 5}}, {0x300, {.lost = 1}}})};
  EXPECT_TRUE(against(before, before).passed);
  const Profiles after{process({{0x100, {.lost = 7}}, {0x300, {.lost = 1}}, {0x400, {.lost = 2}}})};
  const auto found = against(before, after, as_json()).json()["lost"];
  EXPECT_EQ(found["bytes"], 600);
  EXPECT_EQ(found["blocks"], 6);
  ASSERT_EQ(found["sites"].size(), 2U);
  EXPECT_EQ(found["sites"][0]["bytes"], 400);
  EXPECT_EQ(found["sites"][0]["baseline_bytes"], 300);
  EXPECT_EQ(found["sites"][1]["bytes"], 200);
  EXPECT_EQ(found["sites"][1]["baseline_bytes"], 0);
  EXPECT_EQ(found["gone"]["bytes"], 500);
  EXPECT_EQ(found["gone"]["sites"], 1);
  EXPECT_FALSE(against(before, after, {.max_lost = 599, .max_live = {}, .report = {}}).passed);
  EXPECT_TRUE(against(before, after, {.max_lost = 600, .max_live = {}, .report = {}}).passed);
}

TEST(Check, ABaselineIsToldInWords) {
  const Result result = against({process({{0x100, {.lost = 3}}, {0x200, {.lost = 5}}})},
                                {process({{0x100, {.lost = 4}}, {0x400, {.lost = 2}}})});
  has(result.text, "300 bytes in 3 blocks at 2 call sites more than in the baseline (now 600 bytes in 6 blocks, then 800 bytes in 8 blocks)");
  has(result.text, "1. 200 bytes in 2 blocks, new - leaky+0x1400");
  has(result.text, "2. 100 bytes in 1 block more than the 300 bytes in 3 blocks before - leaky+0x1100");
  has(result.text, "Less than in the baseline, lost: 500 bytes in 5 blocks; gone from 1 call site (leaky+0x1200).");
}

TEST(Check, WhatMovesInsideABuildWithoutNamesIsSummed) {
  const Profiles before{process({{0x100, {.lost = 3}}})};
  EXPECT_TRUE(against(before, {process({{0x180, {.lost = 3}}}, 1, "another build id")}).passed);
  const Result more = against(before, {process({{0x180, {.lost = 2}}, {0x200, {.lost = 2}}}, 1, "another build id")});
  EXPECT_FALSE(more.passed);
  has(more.text, "1. 100 bytes in 1 block more than the 300 bytes in 3 blocks before");
}

TEST(Check, SuppressedBytesAreLeftOutAndTold) {
  CheckOptions options;
  options.report.suppressions = {{"leaky", "leak:leaky"}};
  const Result result = check({process({{0x100, {.lost = 3, .reachable = 1}}})}, options);
  EXPECT_TRUE(result.passed);
  has(result.text, "Left out by suppressions: 400 bytes in 4 blocks at 1 call site, of these lost: 300 bytes in 3 blocks.");
  EXPECT_TRUE(check({killed({{0x100, {.unjudged = 3}}})}, options).passed);
}

TEST(Check, WhatNobodyLookedAtDoesNotPassByItself) {
  const Profiles one{killed({{0x100, {.unjudged = 3}}})};
  const Result result = check(one);
  EXPECT_FALSE(result.passed);
  has(result.text, "As far as is known: Lost: 0 bytes");
  has(result.text, "! Not judged: of 300 bytes in 3 blocks it is not known whether they are lost.");
  has(result.text, "leaky (pid 1): the process died of a signal.");
  EXPECT_FALSE(passes(one, 1 << 20, {}));
  EXPECT_TRUE(passes(one, {}, {}, true));
  EXPECT_FALSE(passes({killed({{0x100, {.lost = 1, .unjudged = 3}}})}, 99, 399, true));
  // What is live is known whatever ended the process; and where nothing is live nothing can be lost.
  EXPECT_TRUE(passes(one, {}, 300));
  EXPECT_TRUE(passes({killed({})}, {}, {}));
}

TEST(Check, ALookThatLeftBlocksOutOrFailedIsToldWithItsReason) {
  const Result left = check({process({{0x100, {.reachable = 1, .unjudged = 1}}})});
  EXPECT_FALSE(left.passed);
  has(left.text, "the look through the heap says nothing of some blocks");
  auto failed = process({{0x100, {.unjudged = 1}}});
  profile::ScanRecord scan{};
  scan.result = profile::ScanResult::TooLarge;
  failed.scan(scan);
  const Result result = check({failed});
  EXPECT_FALSE(result.passed);
  has(result.text, "the process holds more than 64 GiB");
}

TEST(Check, UnsureNumbersDoNotPassByThemselves) {
  auto off = process({}), sampled = process({}), dropped = process({}), alone = process({});
  off.header.record_mode = 2;
  sampled.header.record_mode = 1;
  sampled.header.sample_every = 4096;
  dropped.header.losses.counters_dropped = 2;
  alone.header.losses.children_unrecorded = 1;
  for (const auto& [builder, why] : {std::pair{off, "recording was off"},
                                     {sampled, "recorded by samples"},
                                     {dropped, "2 records found no room"},
                                     {alone, "1 of its children could not have a profile"}}) {
    const Result result = check({builder});
    EXPECT_FALSE(result.passed) << why;
    has(result.text, why);
    EXPECT_FALSE(passes({builder}, {}, 1 << 20)) << why;
    EXPECT_TRUE(passes({builder}, {}, {}, true)) << why;
  }
}

TEST(Check, ALookBeforeTheEndIsNotOneAtTheEnd) {
  auto early = process({{0x100, {.reachable = 2}}});
  early.header.scan.looks = 1;
  early.header.scan.at_ns = 3'000'000'000;
  const Result killed_later = check({early});
  EXPECT_FALSE(killed_later.passed);
  has(killed_later.text, "leaky (pid 1): its heap was last looked through 3.00 s after its start: what counts as reachable may be lost by now.");
  note_failed_look(profile::ScanResult::NoMemory, 4'000'000'000, early.header.scan, early.header.failed_looks);
  has(check({early}).text, "after its start, and 1 look after that failed (there was no memory for the tables): what counts");
  EXPECT_TRUE(passes({early}, {}, {}, true));
  EXPECT_TRUE(passes({early}, {}, 200));
  auto all_lost = process({{0x100, {.lost = 2}}});
  all_lost.header.scan.looks = 1;
  EXPECT_TRUE(passes({all_lost}, 200, {}));
}

TEST(Check, AProcessThatStillRunsIsNotJudgedThoughNothingIsLive) {
  Profile running = parse(process({}).bytes(), "x");
  running.process.ending = running.members[0].process.ending = Ending::Running;
  Checked subject;
  EXPECT_TRUE(subject.add(running, "x"));
  subject.finish();
  ASSERT_EQ(subject.doubts.size(), 1U);
  EXPECT_EQ(subject.doubts[0].on, DoubtOn::Counts);
  std::ostringstream out;
  EXPECT_FALSE(write_check(subject, nullptr, {}, out));
}

TEST(Check, AProcessThatWasReplacedCountsOnlyWhereThereIsNoOther) {
  auto before = killed({{0x100, {.unjudged = 3}}}, 7);
  before.header.end = profile::End::Replaced;
  const Result result = check({before, process({}, 8)});
  EXPECT_TRUE(result.passed);
  has(result.text, "1 process was replaced by another program (exec), whose own end counts: 300 bytes in 3 blocks");
  EXPECT_FALSE(check({before}).passed);
}

TEST(Check, ProcessesAreSummedAndNamed) {
  const Profiles family{process({{0x100, {.lost = 1}}}, 11), process({{0x100, {.lost = 2}}}, 12),
                        killed({{0x100, {.unjudged = 3}}}, 13)};
  const auto found = check(family, as_json()).json();
  EXPECT_EQ(found["lost"]["bytes"], 300);
  EXPECT_EQ(found["lost"]["sites"].size(), 1U);
  EXPECT_EQ(found["unknown"]["bytes"], 300);
  ASSERT_EQ(found["processes"].size(), 3U);
  EXPECT_EQ(found["processes"][1]["pid"], 12);
  EXPECT_EQ(found["processes"][1]["lost_bytes"], 200);
  EXPECT_TRUE(found["processes"][2]["lost_bytes"].is_null());
  ASSERT_EQ(found["doubts"].size(), 1U);
  EXPECT_EQ(found["doubts"][0]["who"], "leaky (pid 13)");
  const std::string shown = check(family).text;
  for (const char* part : {"Checked: 3 profiles", "11  ", "12  ", "13  ", "died of signal 9"}) has(shown, part);
  EXPECT_TRUE(passes(family, 300, {}, true));
  EXPECT_FALSE(passes(family, 299, {}, true));
}

TEST(Check, EachLeakSaysWhoseItIs) {
  const Profiles family{process({{0x100, {.lost = 4}}, {0x200, {.lost = 3}}}, 11),
                        process({{0x200, {.lost = 1}}, {0x300, {.lost = 1}}}, 12)};
  Merger merger;
  for (const auto& each : family) ASSERT_TRUE(merger.add(parse(each.bytes(), "x")));
  const std::vector<std::byte> merged = merged_bytes(merger.finish());
  Checked of_merged;
  ASSERT_TRUE(of_merged.add(parse(merged, "m"), "m.weir"));
  of_merged.finish();
  CheckOptions options;
  options.report.symbolize = &symbolize_none;
  options.report.width = 10'000;
  std::ostringstream out;
  EXPECT_FALSE(write_check(of_merged, nullptr, options, out));
  for (const std::string& shown : {out.str(), check(family).text}) {
    has(shown, "1. 400 bytes in 4 blocks, in leaky (pid 11) - leaky+0x1100\n");
    has(shown, "2. 400 bytes in 4 blocks, in 2 processes, 75 % of what is live there in leaky (pid 11) - leaky+0x1200\n");
    has(shown, "3. 100 bytes in 1 block, in leaky (pid 12) - leaky+0x1300\n");
  }
  const auto sites = check(family, as_json()).json()["lost"]["sites"];
  EXPECT_EQ(sites[2]["most_live_pid"], 12);
  EXPECT_EQ(sites[1]["processes"], 2);
  EXPECT_EQ(check({family[0]}).text.find("in leaky"), std::string::npos);
}

/// What the report in JSON says of a profile, as a file.
std::string report_of(const test::ProfileBuilder& builder, const std::string& name, const std::string& only = "") {
  ReportOptions options;
  options.format = "json";
  options.only = only;
  options.symbolize = &symbolize_none;
  std::ostringstream out;
  write_report(parse(builder.bytes(), "x"), options, out);
  const std::string text = out.str();
  const auto* bytes = reinterpret_cast<const std::byte*>(text.data());
  return test::write_temporary(name, {bytes, bytes + text.size()});
}

TEST(Check, AReportInJsonIsABaselineToo) {
  // Frames without names: of a report only their files count.
  const std::string path = report_of(process({{0x100, {.lost = 3, .reachable = 9}}}), "baseline.json");
  EXPECT_TRUE(is_report(path));
  Checked baseline, same, more;
  read_report(path, baseline);
  EXPECT_TRUE(baseline.doubts.empty());
  take_in({process({{0x200, {.lost = 3}}})}, same);
  take_in({process({{0x200, {.lost = 5}}})}, more);
  CheckOptions options = as_json();
  options.report.symbolize = &symbolize_none;
  std::ostringstream first, second;
  EXPECT_TRUE(write_check(same, &baseline, options, first));
  EXPECT_FALSE(write_check(more, &baseline, options, second));
  const auto lost = nlohmann::json::parse(second.str())["check"]["lost"];
  EXPECT_EQ(lost["bytes"], 200);
  EXPECT_EQ(lost["baseline"]["bytes"], 300);
  const auto live = nlohmann::json::parse(second.str())["check"]["live"];
  EXPECT_EQ(live["baseline"]["bytes"], 1200);
}

TEST(Check, AReportThatIsNotWholeOrNotJudgedIsNoticed) {
  Checked killed_one, part, other;
  read_report(report_of(killed({{0x100, {.unjudged = 1}}}), "killed.json"), killed_one);
  ASSERT_EQ(killed_one.doubts.size(), 1U);
  EXPECT_EQ(killed_one.doubts[0].why, "the process died of a signal");
  EXPECT_THROW(read_report(report_of(process({}), "part.json", "leaks"), part), Error);
  const std::string text = "{\"schema\": \"other/1\"}";
  const auto* bytes = reinterpret_cast<const std::byte*>(text.data());
  EXPECT_THROW(read_report(test::write_temporary("other.json", {bytes, bytes + text.size()}), other), Error);
}

TEST(Check, NoProcessCountsTwice) {
  Checked subject;
  const Profile one = parse(process({{0x100, {.lost = 1}}}).bytes(), "x");
  EXPECT_TRUE(subject.add(one, "a"));
  EXPECT_FALSE(subject.add(one, "b"));
  subject.finish();
  EXPECT_EQ(subject.processes.size(), 1U);
}

}  // namespace
}  // namespace weir::tool
