// Lost, reachable and unknown in the report: each block in exactly one of them, lost ones first.
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "support/profile_builder.hpp"
#include "tool/report/report.hpp"

namespace weir::tool {
namespace {

std::string report(const test::ProfileBuilder& builder, ReportOptions options) {
  options.symbolize = &symbolize_none;
  std::ostringstream out;
  write_report(parse(builder.bytes(), "x"), options, out);
  return out.str();
}

nlohmann::json json(const test::ProfileBuilder& builder) {
  ReportOptions options;
  options.format = "json";
  return nlohmann::json::parse(report(builder, options));
}

/// As one line: layout is not what is tested.
std::string text(const test::ProfileBuilder& builder, ReportOptions options = {}) {
  options.width = 10'000;
  return report(builder, options);
}

void has(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), std::string::npos) << "no \"" << part << "\" in\n" << text;
}

TEST(VerdictsJson, EachBlockIsInOneEntry) {
  const auto leaks = json(test::judged_profile())["leaks"];
  EXPECT_EQ(leaks["bytes"], 1000 + 16000 + 8 + 4096);
  EXPECT_EQ(leaks["lost"]["bytes"], 500);
  EXPECT_EQ(leaks["lost"]["direct_blocks"], 3);
  EXPECT_EQ(leaks["lost"]["indirect_bytes"], 200);
  EXPECT_EQ(leaks["reachable"]["blocks"], 1005);
  EXPECT_EQ(leaks["unknown"]["bytes"], 8 + 4096);
  ASSERT_EQ(leaks["sites"].size(), 5U);
  std::uint64_t bytes = 0;
  std::vector<std::string> verdicts;
  for (const auto& site : leaks["sites"]) {
    bytes += site["bytes"].get<std::uint64_t>();
    verdicts.push_back(site["verdict"]);
  }
  EXPECT_EQ(bytes, leaks["bytes"]);
  EXPECT_EQ(verdicts, (std::vector<std::string>{"lost", "reachable", "reachable", "unknown", "unknown"}));
  EXPECT_EQ(leaks["sites"][0]["direct_bytes"], 300);
  EXPECT_EQ(leaks["sites"][0]["indirect_blocks"], 2);
}

TEST(VerdictsJson, SuppressionsTakeASiteWhole) {
  ReportOptions options;
  options.format = "json";
  options.suppressions = {{"leaky", "leak:leaky"}};
  const auto leaks = nlohmann::json::parse(report(test::judged_profile(), options))["leaks"];
  EXPECT_EQ(leaks["lost"]["blocks"], 0);
  EXPECT_EQ(leaks["suppressed"]["bytes"], 1000 + 16000 + 8 + 4096);
}

TEST(VerdictsJson, CoverageSaysHowTheLookEnded) {
  const auto done = json(test::judged_profile())["coverage"]["scan"];
  EXPECT_EQ(done["result"], "done");
  EXPECT_EQ(done["seconds"], 0.0025);
  EXPECT_EQ(done["blocks"], 1010);
  EXPECT_EQ(done["threads_without_registers"], 2);
  EXPECT_EQ(done["whole_stacks"], 1);
  EXPECT_EQ(done["mappings_passed_over"], 1);
  EXPECT_TRUE(done["why"].is_null());
  const auto none = json(test::full_profile())["coverage"]["scan"];
  EXPECT_EQ(none["result"], "none");
  EXPECT_TRUE(none["blocks"].is_null());
  EXPECT_TRUE(none["why"].is_string());
}

TEST(VerdictsText, LostComesFirstAndReachableIsALine) {
  const std::string shown = text(test::judged_profile());
  has(shown, "Lost memory");
  has(shown, "500 bytes in 5 blocks that nothing points to any more, allocated at 1 call site.");
  has(shown, "To 2 of these (200 bytes) other lost ones still point, nothing else.");
  has(shown, "Still reachable: 16,500 bytes in 1,005 blocks at 2 call sites (globals, caches, pools). Show them with --reachable.");
  EXPECT_EQ(shown.find("1. 16,000 bytes in 1,000 blocks"), std::string::npos);
  ReportOptions options;
  options.show_reachable = true;
  has(text(test::judged_profile(), options), "1. 16,000 bytes in 1,000 blocks");
}

TEST(VerdictsText, SaysWhatWeakensThem) {
  const std::string shown = text(test::judged_profile());
  has(shown, "The registers of 2 of 3 threads were not seen");
  has(shown, "1 stack counted from end to end");
  has(shown, "1 shared mapping was passed over");
  auto builder = test::judged_profile();
  profile::ScanRecord failed{};
  failed.result = profile::ScanResult::Failed;
  builder.scan(failed);
  has(text(builder), "! the look through the heap failed: the copy of the process that looked died");
  EXPECT_EQ(text(builder).find("Lost memory"), std::string::npos);
}

TEST(VerdictsText, SaysThatLaterLooksFailed) {
  auto builder = test::judged_profile();
  builder.header.scan.looks = 1;
  builder.header.scan.at_ns = 2'000'000'000;
  for (const auto& [why, at_s] : {std::pair{profile::ScanResult::NoMemory, 3U},
                                  {profile::ScanResult::NoMemory, 4U},
                                  {profile::ScanResult::Forbidden, 5U}})
    note_failed_look(why, at_s * std::uint64_t{1'000'000'000}, builder.header.scan, builder.header.failed_looks);
  const std::string shown = text(builder);
  has(shown, "! 3 later looks failed, the last one 5.00 s after the start: 2 times: there was no memory for the tables; "
             "1 time: a seccomp filter forbids");
  has(shown, "What was found before that stays");
  has(shown, "500 bytes in 5 blocks that nothing points to any more");
  const auto scan = json(builder)["coverage"]["scan"];
  EXPECT_EQ(scan["result"], "done");
  EXPECT_EQ(scan["at_seconds"], 2.0);
  EXPECT_EQ(scan["processes_before_end"], 1);
  EXPECT_EQ(scan["last_failure_at_seconds"], 5.0);
  ASSERT_EQ(scan["later_failures"].size(), 2U);
  EXPECT_EQ(scan["later_failures"][0]["result"], "no_memory");
  EXPECT_EQ(scan["later_failures"][0]["times"], 2);
  EXPECT_EQ(json(test::judged_profile())["coverage"]["scan"]["later_failures"].size(), 0U);
}

TEST(VerdictsText, SaysHowBlocksOfCudaWereJudged) {
  auto builder = test::judged_profile();
  EXPECT_EQ(text(builder).find("of CUDA's"), std::string::npos);
  profile::ScanRecord scan{};
  scan.result = profile::ScanResult::Done;
  scan.cuda_blocks = 5;
  scan.cuda_unread = 1;
  scan.cuda_handles = 2;
  scan.cuda_registered = 1;
  builder.scan(scan);
  const std::string shown = text(builder);
  has(shown, "5 blocks of CUDA's judged by where host memory holds the address");
  has(shown, "1 block of pinned or managed memory could not be read: what only it points to counts as lost.");
  has(shown, "3 blocks of CUDA's not judged: 2 known by handles, not by addresses (arrays, physical memory), "
             "1 registered memory of the program's own.");
  const auto look = json(builder)["coverage"]["scan"];
  EXPECT_EQ(look["cuda_blocks"], 5);
  EXPECT_EQ(look["cuda_blocks_unread"], 1);
  EXPECT_EQ(look["cuda_not_judged"], (nlohmann::json{{"handles", 2}, {"graphs", 0}, {"registered", 1}}));
}

TEST(VerdictsText, AKilledProcessWasNotLookedAt) {
  auto builder = test::full_profile();
  builder.header.end = profile::End::Signalled;
  builder.header.end_value = 9;
  has(text(builder), "Lost blocks cannot be told from reachable ones: the process died of a signal.");
}

TEST(VerdictsFragmentation, NamesTheSitesThatPin) {
  auto builder = test::judged_profile();
  const auto host = json(builder)["fragmentation"]["host"];
  ASSERT_EQ(host["sites"].size(), 1U);
  EXPECT_EQ(host["sites"][0]["blocks"], 1000);
  EXPECT_EQ(host["sites"][0]["bytes"], 16000);
  EXPECT_EQ(host["sites"][0]["small_bytes"], 15'000);
  EXPECT_EQ(host["sites"][0]["slabs"], 500);
  EXPECT_EQ(host["sites"][0]["slab_bytes"], 500 * 16384);
  EXPECT_EQ(host["sites"][0]["slab_live_bytes"], 245'760);
  EXPECT_EQ(host["sites"][0]["pinned_bytes"], 2 << 20);
  EXPECT_EQ(host["sites"][0]["would_release_bytes"], 1 << 20);
  EXPECT_EQ(host["sites"][0]["frames"][0]["offset"], 0x1200);
  EXPECT_EQ(host["empty_slabs"], 7);
  EXPECT_EQ(host["empty_slab_bytes"], 7 << 14);
  const std::string shown = text(builder);
  has(shown, "14.6 KiB of blocks made at leaky+0x1200 hold 7.81 MiB of slabs that are 3.0 % full; without them 1.00 MiB would go back.");
  has(shown, "That is for this call site alone");
  has(shown, "7 slabs (112 KiB) without any block of the program's are held by thread caches and the allocator itself.");
  EXPECT_TRUE(json(test::full_profile())["fragmentation"]["host"]["empty_slabs"].is_null());
}

TEST(VerdictsFragmentation, SaysWhereOthersHoldEachSlab) {
  auto builder = test::judged_profile();
  profile::VerdictRecord pins{};
  pins.reachable_blocks = 10;
  pins.reachable_bytes = 1000;
  pins.slabs = 10;
  pins.slab_bytes = 10 << 14;
  pins.slab_live_bytes = 1 << 14;
  pins.small_bytes = 1000;
  pins.pinned_bytes = 70 << 10;
  builder.judge(2, pins);
  has(text(builder), "hold 160 KiB of slabs that are 10 % full; without them nothing would go back, for others' blocks lie beside them in each.");
  has(text(builder), "Each of these is for its call site alone");
}

TEST(VerdictsFragmentation, SizeClassesAreAsTheLookSawThem) {
  const auto by_scan = json(test::judged_profile())["fragmentation"]["host"];
  EXPECT_EQ(by_scan["size_classes_by"], "scan");
  ASSERT_EQ(by_scan["size_classes"].size(), 2U);
  EXPECT_EQ(by_scan["size_classes"][1]["live_blocks"], 1000);
  EXPECT_EQ(by_scan["size_classes"][1]["capacity_blocks"], 256'000);
  EXPECT_EQ(by_scan["size_classes"][1]["unused_bytes"], 255'000 * 32);
  has(text(test::judged_profile()), "1,000  256,000  0.4 %  7.78 MiB    500");
  auto failed = test::full_profile();
  profile::ScanRecord scan{};
  scan.result = profile::ScanResult::Failed;
  failed.scan(scan);
  failed.walked_class({32, 1000, 256'000, 500, 16384});
  const auto by_allocator = json(failed)["fragmentation"]["host"];
  EXPECT_EQ(by_allocator["size_classes_by"], "allocator");
  EXPECT_EQ(by_allocator["size_classes"][0]["live_blocks"], 100);
  auto both = test::judged_profile();
  both.header.host_stats_take = 2;
  both.stats.class_count = 2;
  both.stats.classes[0] = {32, 1100, 256'000, 500, 16384};
  both.stats.classes[1] = {1 << 20, 2, 2, 0, 0};
  const auto large_too = json(both)["fragmentation"]["host"]["size_classes"];
  ASSERT_EQ(large_too.size(), 3U);
  EXPECT_EQ(large_too[1]["live_blocks"], 1000);
  EXPECT_EQ(large_too[2]["live_blocks"], 2);
  auto neither = test::judged_profile();
  neither.scan(scan);
  EXPECT_TRUE(json(neither)["fragmentation"]["host"]["size_classes_by"].is_null());
}

TEST(VerdictsSummary, LeadsWithWhatIsLost) {
  const std::string shown = summary(parse(test::judged_profile().bytes(), "x"),
                                    {.profile_path = "x.weir", .symbolize = &symbolize_none});
  EXPECT_LE(std::count(shown.begin(), shown.end(), '\n'), 20);
  has(shown, "weir: lost: 500 bytes in 5 blocks that nothing points to any more, allocated at 1 call site\n");
  has(shown, "weir: still reachable: 16,500 bytes in 1,005 blocks at 2 call sites\n");
  EXPECT_LT(shown.find("lost: "), shown.find("still reachable: "));
}

}  // namespace
}  // namespace weir::tool
