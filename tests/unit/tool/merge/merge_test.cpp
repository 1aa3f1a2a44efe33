// What is joined and what is not, that sums are sums, and that the order of merging does not matter.
#include "tool/merge/merge.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "support/profile_builder.hpp"
#include "tool/report/report.hpp"

namespace weir::tool {
namespace {

using test::ProfileBuilder;

/// A process of its own: what the builder has by default would be the same one each time.
ProfileBuilder process(std::uint32_t pid, std::uint64_t later_ns = 0) {
  ProfileBuilder out;
  out.header.pid = pid;
  out.header.started_realtime_ns += later_ns;
  return out;
}

Profile parsed(const ProfileBuilder& builder) { return parse(builder.bytes(), "p"); }

Profile merged(const std::vector<Profile>& profiles) {
  Merger merger;
  for (const Profile& profile : profiles) EXPECT_TRUE(merger.add(profile));
  return merger.finish();
}

/// Through the file and back.
Profile reread(const Profile& profile) { return parse(merged_bytes(profile), "m"); }

nlohmann::json json(const Profile& profile) {
  ReportOptions options;
  options.format = "json";
  options.symbolize = &symbolize_none;
  std::ostringstream out;
  write_report(profile, options, out);
  return nlohmann::json::parse(out.str());
}

std::string text(const Profile& profile) {
  ReportOptions options;
  options.symbolize = &symbolize_none;
  std::ostringstream out;
  write_report(profile, options, out);
  return out.str();
}

/// One leak of 100 bytes, at offsets 0x100 (older) and 0x200 of a module mapped at `base`.
Profile one_site(std::uint32_t pid, std::uint64_t base, const std::string& path, const std::string& id,
                 std::uint64_t blocks = 1) {
  ProfileBuilder builder = process(pid, pid);
  const std::uint32_t module = builder.add_module(path, base, base, base + 0x1000, id);
  builder.count_blocks(builder.add_site(builder.add_stack({base + 0x100, base + 0x200}, module)), 100, blocks, 0);
  return parsed(builder);
}

std::size_t sites(const Profile& profile) { return json(profile)["sites"].size(); }

TEST(Merge, TheSameModuleElsewhereIsTheSame) {
  const Profile both = merged({one_site(1, 0x10000, "/a", "id"), one_site(2, 0x70000, "/a", "id")});
  const auto all = json(both);
  ASSERT_EQ(all["sites"].size(), 1U);
  EXPECT_EQ(all["sites"][0]["live_bytes"], 200);
  EXPECT_EQ(all["sites"][0]["processes"], 2);
  EXPECT_EQ(all["sites"][0]["frames"][0]["offset"], 0x200);
  EXPECT_EQ(all["spaces"]["host"]["live_bytes"], 200);
}

TEST(Merge, AnotherBuildIsAnotherModule) {
  EXPECT_EQ(sites(merged({one_site(1, 0x10000, "/a", "id"), one_site(2, 0x10000, "/a", "other")})), 2U);
}

TEST(Merge, ABuildIdMattersMoreThanAPath) {
  EXPECT_EQ(sites(merged({one_site(1, 0x10000, "/a", "id"), one_site(2, 0x10000, "/container/a", "id")})), 1U);
}

TEST(Merge, WithoutABuildIdThePathDecides) {
  EXPECT_EQ(sites(merged({one_site(1, 0x10000, "/a", ""), one_site(2, 0x50000, "/a", "")})), 1U);
  EXPECT_EQ(sites(merged({one_site(1, 0x10000, "/a", ""), one_site(2, 0x10000, "/b", "")})), 2U);
  EXPECT_EQ(sites(merged({one_site(1, 0x10000, "/a", ""), one_site(2, 0x10000, "/a", "id")})), 2U);
}

TEST(Merge, FramesInNoFileAreJoinedByAddressOnly) {
  const auto with = [](std::uint32_t pid, std::uint64_t pc) {
    ProfileBuilder builder = process(pid);
    builder.count_blocks(builder.add_site(builder.add_stack({pc}, 0)), 8, 1, 0);
    return parsed(builder);
  };
  EXPECT_EQ(sites(merged({with(1, 0x5000), with(2, 0x5000)})), 1U);
  EXPECT_EQ(sites(merged({with(1, 0x5000), with(2, 0x6000)})), 2U);
}

TEST(Merge, SpacesKindsAndDevicesStayApart) {
  const auto with = [](std::uint32_t pid, Space space, MemoryKind kind, std::uint8_t device) {
    ProfileBuilder builder = process(pid);
    const std::uint32_t module = builder.add_module("/a", 0x1000, 0x1000, 0x2000, "id");
    const std::uint32_t site = builder.add_site(builder.add_stack({0x1100}, module), space, kind, device);
    builder.count_blocks(site, 64, 1, 0, ProfileBuilder::kCuda);
    return parsed(builder);
  };
  const Profile all = merged({with(1, Space::Device, MemoryKind::Plain, 0), with(2, Space::Device, MemoryKind::Plain, 1),
                              with(3, Space::Device, MemoryKind::Ordered, 0), with(4, Space::Pinned, MemoryKind::Plain, 0),
                              with(5, Space::Device, MemoryKind::Plain, 0), with(6, Space::Pinned, MemoryKind::Plain, 1)});
  EXPECT_EQ(sites(all), 4U);  // pinned memory is on no device
  EXPECT_EQ(all.space(Space::Device).counts.live_bytes, 4 * 64U);
  EXPECT_EQ(all.space(Space::Pinned).counts.live_bytes, 2 * 64U);
}

TEST(Merge, OnlyTheFramesOfACutStackCount) {
  // The tree goes on beyond the cut in each process, differently.
  const auto with = [](std::uint32_t pid, std::uint64_t oldest) {
    ProfileBuilder builder = process(pid);
    builder.header.stack_depth = 2;
    const std::uint32_t module = builder.add_module("/a", 0x1000, 0x1000, 0x9000, "id");
    const std::uint32_t node = builder.add_stack({oldest, 0x1200, 0x1300}, module);
    builder.count_blocks(builder.add_site(node, Space::Host, profile::kSiteTruncated), 8, 1, 0);
    return parsed(builder);
  };
  const auto all = json(merged({with(1, 0x1100), with(2, 0x1999)}));
  ASSERT_EQ(all["sites"].size(), 1U);
  EXPECT_EQ(all["sites"][0]["frames"].size(), 2U);
}

TEST(Merge, AStackThatOneProcessHasTwiceIsOneProcess) {
  ProfileBuilder builder = process(1);
  const std::uint32_t first = builder.add_module("/plugin", 0x10000, 0x10000, 0x11000, "id"),
                      again = builder.add_module("/plugin", 0x50000, 0x50000, 0x51000, "id");
  builder.count_blocks(builder.add_site(builder.add_stack({0x10100}, first)), 10, 3, 0);
  builder.count_blocks(builder.add_site(builder.add_stack({0x50100}, again)), 10, 4, 0);
  const auto all = json(merged({parsed(builder), one_site(2, 0x1000, "/a", "x")}));
  ASSERT_EQ(all["sites"].size(), 2U);
  const auto& site = all["sites"][all["sites"][0]["frames"][0]["module"] == "/plugin" ? 0 : 1];
  EXPECT_EQ(site["live_bytes"], 70);
  EXPECT_EQ(site["processes"], 1);
  EXPECT_EQ(site["most_live_bytes"], 70);
}

TEST(Merge, TellsWhichProcessHoldsMost) {
  const Profile all = merged({one_site(11, 0x1000, "/a", "id", 1), one_site(12, 0x1000, "/a", "id", 50),
                              one_site(13, 0x1000, "/a", "id", 2)});
  const auto site = json(all)["sites"][0];
  EXPECT_EQ(site["most_live_pid"], 12);
  EXPECT_EQ(site["most_live_bytes"], 5000);
  EXPECT_NE(text(all).find("in 3 processes, 94 % of it in pid 12"), std::string::npos);
}

TEST(Merge, OneProcessReportsLikeItself) {
  for (const ProfileBuilder& builder : {test::full_profile(), test::pools_profile(), test::sampled_profile()}) {
    const Profile alone = parsed(builder), through = reread(merged({alone}));
    EXPECT_EQ(json(through), json(alone));
    EXPECT_EQ(text(through), text(alone));
  }
}

std::vector<Profile> family() {
  std::vector<Profile> out;
  std::uint32_t pid = 100;
  for (ProfileBuilder builder :
       {test::full_profile(), test::pools_profile(), test::sampled_profile(), test::full_profile(), test::cuda_profile()}) {
    builder.header.pid = ++pid;
    builder.header.started_realtime_ns += std::uint64_t{977'777'777} * ((pid * 7) % 5);
    out.push_back(parsed(builder));
  }
  return out;
}

TEST(Merge, InStepsIsTheSameAsAtOnce) {
  const std::vector<Profile> all = family();
  const auto at_once = json(merged(all));
  const Profile first = reread(merged({all[0], all[1], all[2]})), last = reread(merged({all[3], all[4]}));
  EXPECT_EQ(json(merged({first, all[3], all[4]})), at_once);
  EXPECT_EQ(json(merged({first, last})), at_once);
  EXPECT_EQ(json(merged({all[0], reread(merged({all[1], all[2], last}))})), at_once);
  EXPECT_EQ(json(reread(merged(all))), at_once);
}

TEST(Merge, SumsAreThoseOfTheParts) {
  const std::vector<Profile> all = family();
  const auto whole = json(merged(all));
  for (const char* space : {"host", "device", "pinned", "managed", "imported"})
    for (const char* key : {"live_bytes", "live_blocks", "peak_bytes", "allocated_bytes", "allocated_blocks", "freed_bytes",
                            "freed_blocks", "temporary_blocks", "inherited_live_bytes"}) {
      std::uint64_t parts = 0, of_sites = 0, of_processes = 0;
      for (const Profile& each : all) parts += json(each)["spaces"][space][key].get<std::uint64_t>();
      EXPECT_EQ(whole["spaces"][space][key], parts) << space << " " << key;
      for (const auto& site : whole["sites"])
        if (site["space"] == space && site.contains(key)) of_sites += site[key].get<std::uint64_t>();
      for (const auto& process : whole["processes"])
        if (process["spaces"][space].contains(key)) of_processes += process["spaces"][space][key].get<std::uint64_t>();
      if (std::string_view{key}.starts_with("live") || std::string_view{key}.starts_with("allocated")) {
        EXPECT_EQ(of_sites, parts) << space << " " << key;
        EXPECT_EQ(of_processes, parts) << space << " " << key;
      }
    }
  std::uint64_t times = 0, in_whole = 0;
  for (const Profile& each : all)
    for (const auto errors = json(each)["errors"]; const auto& error : errors) times += error["times"].get<std::uint64_t>();
  for (const auto& error : whole["errors"]) in_whole += error["times"].get<std::uint64_t>();
  EXPECT_EQ(in_whole, times);
  EXPECT_EQ(whole["process"]["processes"], 5);
  EXPECT_EQ(whole["process"]["pid"], nullptr);
}

TEST(Merge, EstimatesKeepTheirErrors) {
  ProfileBuilder one = test::sampled_profile(), other = test::sampled_profile();
  other.header.pid = 99;
  const Profile both = merged({parsed(one), parsed(other)});
  const double single = parsed(one).space(Space::Host).counts.spread.live_bytes;
  ASSERT_GT(single, 0);
  EXPECT_DOUBLE_EQ(both.space(Space::Host).counts.spread.live_bytes, 2 * single);
  EXPECT_NE(text(both).find("±"), std::string::npos);
}

TEST(Merge, NoProcessIsCountedTwice) {
  Merger merger;
  EXPECT_TRUE(merger.add(one_site(1, 0x1000, "/a", "id")));
  EXPECT_FALSE(merger.add(one_site(1, 0x1000, "/a", "id")));
  EXPECT_TRUE(merger.add(one_site(2, 0x1000, "/a", "id")));
  EXPECT_FALSE(merger.add(merged({one_site(3, 0x1000, "/a", "id"), one_site(2, 0x1000, "/a", "id")})));
  EXPECT_EQ(merger.processes(), 2U);
  EXPECT_EQ(merger.finish().space(Space::Host).counts.live_bytes, 200U);
}

TEST(Merge, APlainPeakIsTheSumAndTheHighestIsTold) {
  const auto all = json(merged({one_site(1, 0x1000, "/a", "id", 3), one_site(2, 0x1000, "/a", "id", 9)}));
  const auto host = all["spaces"]["host"];
  EXPECT_EQ(host["peak_bytes"], 1200);
  EXPECT_EQ(host["highest_peak_bytes"], 900);
  EXPECT_EQ(host["highest_peak_pid"], 2);
  EXPECT_EQ(host["peak_at_s"], nullptr);
}

TEST(Merge, TheTimelineIsWhatAllHadAtTheSameMoment) {
  const auto with = [](std::uint32_t pid, std::uint64_t later_s, std::int64_t live) {
    ProfileBuilder builder = process(pid, later_s * 1'000'000'000);
    builder.header.ended_ns = 10'000'000'000;
    for (std::uint64_t i = 0; i != 10; ++i)
      builder.add_point({.at_ns = 1 + i * 1'000'000'000, .live = {live, 0, 0, 0}, .device_reserved = 0, .resident = 1, .host_live_variance = 0});
    return parsed(builder);
  };
  const Profile all = merged({with(1, 0, 100), with(2, 5, 7)});
  ASSERT_GT(all.timeline.size(), 100U);
  for (const auto& point : all.timeline) {
    const double s = static_cast<double>(point.at_ns) / 1e9;
    if (s > 0.1 && s < 4.9) {
      EXPECT_EQ(point.live[0], 100) << s;
    }
    if (s > 5.1 && s < 9.9) {
      EXPECT_EQ(point.live[0], 107) << s;
    }
    if (s > 10.1) {
      EXPECT_EQ(point.live[0], 7) << s;
    }
  }
}

TEST(Merge, AProcessThatHoldsFarMoreStandsOut) {
  std::vector<Profile> all;
  for (std::uint32_t pid = 1; pid != 33; ++pid) all.push_back(one_site(pid, 0x1000, "/a", "id", pid == 20 ? 9000 : 1000));
  const auto processes = json(merged(all))["processes"];
  EXPECT_EQ(processes[0]["pid"], 20);
  EXPECT_EQ(processes[0]["live_outlier"], true);
  EXPECT_EQ(processes[1]["live_outlier"], false);
}

TEST(Merge, EndsBySignalsComeFirst) {
  ProfileBuilder died = process(7);
  died.header.end = profile::End::Signalled;
  died.header.end_value = 11;
  const Profile all = merged({one_site(1, 0x1000, "/a", "id", 1000), parsed(died)});
  const auto whole = json(all);
  EXPECT_EQ(whole["processes"][0]["signal"], 11);
  EXPECT_EQ(whole["process"]["end"], "mixed");
  EXPECT_NE(text(all).find("1 exited with status 0, 1 ended by a signal"), std::string::npos);
}

TEST(Merge, WarningsSayInHowManyProcesses) {
  std::vector<Profile> all;
  for (std::uint32_t pid = 1; pid != 4; ++pid) {
    ProfileBuilder builder = process(pid);
    if (pid != 2) test::put_text(builder.header.warnings, "the disk was full\n");
    all.push_back(parsed(builder));
  }
  const auto warnings = json(merged(all))["coverage"]["warnings"];
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_EQ(warnings[0], "the disk was full (in 2 processes)");
}

TEST(MergedFile, CutAnywhereOrWithAFlippedByteIsReadOrRefused) {
  const Profile whole = merged(family());
  const std::vector<std::byte> good = merged_bytes(whole);
  const auto judge = [](const std::vector<std::byte>& bytes) {
    try {
      const Profile profile = parse(bytes, "m");
      EXPECT_FALSE(json(profile).empty());
      static_cast<void>(text(profile));
      Merger merger;
      EXPECT_TRUE(merger.add(profile));
      static_cast<void>(parse(merged_bytes(merger.finish()), "again"));
    } catch (const Error&) {
    }
  };
  std::uint32_t random = 12345;
  const auto next = [&](std::size_t below) { return (random = random * 1664525 + 1013904223) % below; };
  for (int i = 0; i != 30; ++i) judge({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(next(good.size()))});
  for (int i = 0; i != 120; ++i) {
    std::vector<std::byte> bad = good;
    const std::size_t at = i % 2 == 0 ? next(600) : next(bad.size());
    bad[at] ^= static_cast<std::byte>(1U << next(8));
    judge(bad);
  }
}

TEST(MergedFile, ANewerVersionIsRefused) {
  std::vector<std::byte> bytes = merged_bytes(merged({one_site(1, 0x1000, "/a", "id")}));
  bytes[8] = std::byte{200};
  EXPECT_THROW(static_cast<void>(parse(bytes, "m")), Error);
}

}  // namespace
}  // namespace weir::tool
