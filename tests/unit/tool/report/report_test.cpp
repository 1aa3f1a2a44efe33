// The report's content: the schema's keys, the numbers, and what people are told.
#include "tool/report/report.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "support/profile_builder.hpp"

namespace weir::tool {
namespace {

std::string report(const test::ProfileBuilder& builder, ReportOptions options) {
  options.symbolize = &symbolize_none;
  std::ostringstream out;
  write_report(parse(builder.bytes(), "x"), options, out);
  return out.str();
}

std::string text(const test::ProfileBuilder& builder, ReportOptions options = {}) {
  return report(builder, options);
}

nlohmann::json json(const test::ProfileBuilder& builder, std::string only = {}) {
  ReportOptions options;
  options.format = "json";
  options.only = std::move(only);
  return nlohmann::json::parse(report(builder, options));
}

bool has_keys(const nlohmann::json& object, std::initializer_list<const char*> keys) {
  for (const char* key : keys)
    if (!object.contains(key)) {
      ADD_FAILURE() << "missing key " << key;
      return false;
    }
  return true;
}

TEST(Json, HasEveryKeyOfTheSchema) {
  for (const auto& builder : {test::full_profile(), test::ProfileBuilder{}}) {
    const auto all = json(builder);
    EXPECT_EQ(all["schema"], "weir-report/1");
    has_keys(all, {"process", "spaces", "sites", "leaks", "owners", "fragmentation", "devices", "timeline", "errors", "coverage"});
    has_keys(all["process"], {"pid", "exe", "args", "started", "duration_s", "end", "exit_code", "signal"});
    for (const char* space : {"host", "device", "pinned", "managed", "imported"})
      has_keys(all["spaces"][space], {"live_bytes", "live_blocks", "peak_bytes", "allocated_bytes",
                                      "allocated_blocks", "freed_bytes", "freed_blocks"});
    has_keys(all["leaks"], {"bytes", "blocks", "sites", "released", "suppressed"});
    has_keys(all["fragmentation"], {"host", "device", "pinned"});
    has_keys(all["fragmentation"]["host"],
             {"requested_bytes", "allocated_bytes", "active_bytes", "resident_bytes", "retained_bytes",
              "size_classes", "sites", "at_seconds", "summary"});
    has_keys(all["coverage"], {"allocator", "unwinder", "stacks_truncated", "records_dropped", "routes",
                               "unhooked_symbols", "warnings"});
  }
}

TEST(Json, EachRecordHasItsKeys) {
  const auto all = json(test::full_profile());
  ASSERT_FALSE(all["sites"].empty());
  for (const auto& site : all["sites"]) {
    has_keys(site, {"space", "device", "kind", "frames", "live_bytes", "live_blocks", "peak_bytes", "allocated_bytes",
                    "allocated_blocks", "freed_blocks", "temporary_blocks"});
    for (const auto& frame : site["frames"])
      has_keys(frame, {"function", "file", "line", "module", "offset", "inlined"});
  }
  has_keys(all["leaks"]["sites"][0], {"space", "device", "kind", "bytes", "blocks", "verdict", "frames"});
  has_keys(all["fragmentation"]["host"]["size_classes"][0],
           {"size", "live_blocks", "capacity_blocks", "utilization"});
  has_keys(all["timeline"][0],
           {"seconds", "host_live", "device_live", "device_reserved", "pinned_live", "resident"});
  has_keys(all["errors"][0], {"kind", "space", "frames", "allocated_at", "freed_at"});
}

TEST(Json, NumbersAreThoseOfTheProfile) {
  const auto all = json(test::full_profile());
  EXPECT_EQ(all["spaces"]["host"]["live_bytes"], 7000 + 6400 + 8);
  EXPECT_EQ(all["spaces"]["device"]["live_blocks"], 1);
  EXPECT_EQ(all["leaks"]["sites"][0]["bytes"], 7000);
  EXPECT_EQ(all["leaks"]["sites"][0]["blocks"], 7);
  EXPECT_EQ(all["leaks"]["sites"][0]["verdict"], "unknown");
  EXPECT_EQ(all["process"]["exit_code"], 0);
  EXPECT_EQ(all["process"]["signal"], nullptr);
  EXPECT_EQ(all["errors"][0]["kind"], "double_free");
}

TEST(Json, AFrameWithoutAModuleKeepsItsAddress) {
  const auto sites = json(test::full_profile(), "sites")["sites"];
  bool found = false;
  for (const auto& site : sites)
    for (const auto& frame : site["frames"])
      if (frame["module"].is_null()) {
        EXPECT_EQ(frame["offset"], 0x5000);
        found = true;
      }
  EXPECT_TRUE(found);
}

TEST(Json, OnlyGivesOneSection) {
  const auto one = json(test::full_profile(), "leaks");
  EXPECT_EQ(one.size(), 2U);
  EXPECT_TRUE(one.contains("leaks"));
}

TEST(Json, UnknownsAreNull) {
  const auto all = json(test::ProfileBuilder{});
  EXPECT_TRUE(all["fragmentation"]["host"]["resident_bytes"].is_null());
  EXPECT_NE(all["fragmentation"]["host"]["summary"].get<std::string>().find("never asked"),
            std::string::npos);
}

TEST(Json, BrokenTextIsReplaced) {
  auto builder = test::full_profile();
  test::put_text(builder.header.exe, "/opt/\xff\xfe\x01");
  EXPECT_EQ(json(builder)["process"]["exe"], "/opt/\xef\xbf\xbd\xef\xbf\xbd\x01");
}

TEST(Text, ControlsDoNotReachTheTerminal) {
  auto builder = test::full_profile();
  test::put_text(builder.header.exe, "/opt/\x1b[31m\x07\xc2\x9b");
  const std::string shown = text(builder);
  EXPECT_EQ(shown.find('\x1b'), std::string::npos);
  EXPECT_EQ(shown.find('\x07'), std::string::npos);
  EXPECT_EQ(shown.find("\xc2\x9b"), std::string::npos);
}

TEST(Text, LeaksAreExactAndBiggestFirst) {
  const std::string shown = text(test::full_profile());
  const auto first = shown.find("1. 7,000 bytes in 7 blocks"),
             second = shown.find("2. 6,400 bytes in 100 blocks");
  ASSERT_NE(first, std::string::npos);
  EXPECT_GT(second, first);
}

TEST(Text, TopSaysWhatItHides) {
  ReportOptions options;
  options.top = 1;
  EXPECT_NE(
      text(test::full_profile(), options).find("... and 2 more call sites: 6,408 bytes in 101 blocks."),
      std::string::npos);
}

TEST(Text, NoLineIsWiderThanTheTerminal) {
  std::istringstream lines{text(test::full_profile())};
  for (std::string line; std::getline(lines, line);) {
    const auto width = std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xC0) != 0x80; });
    EXPECT_LE(width, 100) << line;
  }
}

TEST(Text, IsAsciiWhereTheTerminalIs) {
  ReportOptions options;
  options.unicode = false;
  const std::string shown = text(test::full_profile(), options);
  EXPECT_TRUE(
      std::all_of(shown.begin(), shown.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; }));
}

TEST(Text, NamesTheSignal) {
  auto builder = test::full_profile();
  builder.header.end = profile::End::Signalled;
  builder.header.end_value = 9;
  EXPECT_NE(text(builder).find("Died of signal 9 (Killed)"), std::string::npos);
}

TEST(Suppressions, TheUsersAreCountedApart) {
  ReportOptions options;
  options.format = "json";
  options.suppressions = {{"leaky", "leak:leaky"}};
  const auto leaks = nlohmann::json::parse(report(test::full_profile(), options))["leaks"];
  EXPECT_EQ(leaks["sites"].size(), 1U);  // what has no stack matches nothing
  EXPECT_EQ(leaks["bytes"], 8);
  EXPECT_EQ(leaks["suppressed"]["sites"].size(), 3U);
  EXPECT_EQ(leaks["suppressed"]["sites"][0]["rule"], "leak:leaky");
}

TEST(Summary, IsShort) {
  const std::string shown = summary(parse(test::full_profile().bytes(), "x"),
                                    {.profile_path = "x.weir", .symbolize = &symbolize_none});
  EXPECT_LE(std::count(shown.begin(), shown.end(), '\n'), 20);
  EXPECT_NE(shown.find("read it with: weir report x.weir"), std::string::npos);
}

}  // namespace
}  // namespace weir::tool
