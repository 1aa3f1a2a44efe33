// Reports of sampled profiles: no estimate without its standard error; and no error where nothing is an estimate.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "support/profile_builder.hpp"
#include "tool/report/report.hpp"

namespace weir::tool {
namespace {

std::string report(const test::ProfileBuilder& builder, const std::string& format) {
  ReportOptions options;
  options.format = format;
  options.symbolize = &symbolize_none;
  std::ostringstream out;
  write_report(parse(builder.bytes(), "x"), options, out);
  return out.str();
}

nlohmann::json json(const test::ProfileBuilder& builder) { return nlohmann::json::parse(report(builder, "json")); }

/// Every number of the schema that counts the program's bytes or blocks.
const std::set<std::string> kEstimates = {
    "live_bytes",        "live_blocks", "peak_bytes",   "allocated_bytes",  "allocated_blocks",     "freed_bytes",
    "freed_blocks",      "bytes",       "blocks",       "temporary_blocks", "inherited_live_bytes", "inherited_live_blocks",
    "at_peak_bytes",     "host_live",   "requested_bytes"};

/// Calls `see(object, key)` for each estimate under `spaces`, `sites`, `leaks`, `timeline`, and what was requested.
template <class See>
void each_estimate(const nlohmann::json& value, See&& see) {
  if (value.is_object())
    for (const auto& [key, below] : value.items()) {
      if (kEstimates.contains(key) && below.is_number()) see(value, key);
      if (key != "size_classes") each_estimate(below, see);
    }
  if (value.is_array())
    for (const auto& below : value) each_estimate(below, see);
}

nlohmann::json estimated_parts(const nlohmann::json& all) {
  return {all["spaces"], all["sites"], all["leaks"], all["timeline"],
          {{"requested_bytes", all["fragmentation"]["host"]["requested_bytes"]},
           {"requested_bytes_stderr", all["fragmentation"]["host"].value("requested_bytes_stderr", nlohmann::json{})}}};
}

TEST(SampledJson, GivesEveryEstimateItsStandardError) {
  test::ProfileBuilder builder = test::sampled_profile();
  profile::TimelineRecord point{};
  point.at_ns = 5;
  point.live[0] = 1000;
  point.host_live_variance = 100;
  builder.add_point(point);
  const auto all = json(builder);
  int seen = 0;
  each_estimate(estimated_parts(all), [&](const nlohmann::json& object, const std::string& key) {
    ++seen;
    EXPECT_TRUE(object.contains(key + "_stderr") && object[key + "_stderr"].is_number()) << key;
  });
  EXPECT_GT(seen, 30);
  EXPECT_EQ(all["spaces"]["host"]["live_bytes_stderr"], 8000);
  EXPECT_EQ(all["spaces"]["host"]["peak_bytes_stderr"], 3000);
  EXPECT_EQ(all["leaks"]["sites"][0]["blocks_stderr"], 20);
  EXPECT_EQ(all["timeline"][0]["host_live_stderr"], 10);
  EXPECT_EQ(all["process"]["record"], "sampled");
  EXPECT_EQ(all["process"]["sample_every"], 4096);
  EXPECT_EQ(all["coverage"]["record"], "sampled");
  EXPECT_EQ(all["coverage"]["sample_every"], 4096);
}

TEST(ExactJson, HasNoStandardErrors) { EXPECT_EQ(report(test::full_profile(), "json").find("_stderr"), std::string::npos); }

TEST(SampledText, SaysThatItIsAndGivesErrors) {
  const std::string text = report(test::sampled_profile(), "text");
  for (const char* words : {"sampled, one block in 4.00 KiB of allocations: 24 samples", "one standard error",
                            "30,000 ± 8,000 bytes in 59 ± 20 blocks", "68.4 KiB ± 2.93 KiB", "12.0 KiB is missing 1 time in 20"})
    EXPECT_NE(text.find(words), std::string::npos) << words << "\n" << text;
}

TEST(SampledText, NothingLiveIsABoundNotACertainty) {
  test::ProfileBuilder builder;
  builder.header.record_mode = 1;
  builder.header.sample_every = 4096;
  EXPECT_NE(report(builder, "text").find("No sample: with 95 % confidence less than 12.0 KiB."), std::string::npos);
}

TEST(SampledSummary, GivesErrors) {
  SummaryOptions options;
  options.symbolize = &symbolize_none;
  const std::string lines = summary(parse(test::sampled_profile().bytes(), "x"), options);
  for (const char* words : {"sampled, one block in 4.00 KiB", "30,000 ± 8,000 bytes", "peak: 68.4 KiB ± 2.93 KiB; allocated in all: 97.7 KiB ± 13.8 KiB"})
    EXPECT_NE(lines.find(words), std::string::npos) << words << "\n" << lines;
}

}  // namespace
}  // namespace weir::tool
