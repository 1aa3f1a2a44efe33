// The reader: what a valid profile says, what is refused, and what is repaired.
#include "tool/profile/profile.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <thread>

#include "support/profile_builder.hpp"

namespace weir::tool {
namespace {

using test::ProfileBuilder;

std::string error_of(const std::vector<std::byte>& bytes) {
  try {
    static_cast<void>(parse(bytes, "x.weir"));
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

template <class Value>
void poke(std::vector<std::byte>& bytes, std::size_t offset, Value value) {
  std::memcpy(bytes.data() + offset, &value, sizeof(value));
}

std::uint32_t leaf(ProfileBuilder& builder) {
  return builder.add_stack({0x1000, 0x2000}, builder.add_module("/a", 0, 0, 0x10000));
}

TEST(Profile, SumsShards) {
  ProfileBuilder builder;
  const auto site = builder.add_site(leaf(builder));
  builder.count_blocks(site, 10, 5, 0, 1);
  builder.count(site,
                {.allocated_blocks = 0,
                 .allocated_bytes = 0,
                 .freed_blocks = 2,
                 .freed_bytes = 20,
                 .temporary_blocks = 0,
                 .highest_live = 0,
                 .at_peak = 0,
                 .peak_number = 0},
                2);
  const Profile profile = parse(builder.bytes(), "x");
  const Counts& counts = profile.sites[site].counts;
  EXPECT_EQ(counts.live_blocks, 3U);
  EXPECT_EQ(counts.live_bytes, 30U);
  EXPECT_EQ(profile.spaces[0].counts.live_bytes, 30U);
  EXPECT_TRUE(profile.damage.empty());
}

TEST(Profile, APeakSeenByOneShardIsExact) {
  ProfileBuilder builder;
  const auto site = builder.add_site(leaf(builder));
  builder.count(site, {.allocated_blocks = 9,
                       .allocated_bytes = 90,
                       .freed_blocks = 8,
                       .freed_bytes = 80,
                       .temporary_blocks = 0,
                       .highest_live = 50,
                       .at_peak = 0,
                       .peak_number = 0});
  const Site got = parse(builder.bytes(), "x").sites[site];
  EXPECT_EQ(got.peak_bytes, 50U);
  EXPECT_EQ(got.peak_error_bytes, 0U);
}

TEST(Profile, APeakOfSeveralShardsIsBounded) {
  ProfileBuilder builder;
  const auto site = builder.add_site(leaf(builder));
  for (const std::uint16_t shard : {std::uint16_t{1}, std::uint16_t{2}})
    builder.count(site,
                  {.allocated_blocks = 9,
                   .allocated_bytes = 90,
                   .freed_blocks = 8,
                   .freed_bytes = 80,
                   .temporary_blocks = 0,
                   .highest_live = 50,
                   .at_peak = 0,
                   .peak_number = 0},
                  shard);
  const Site got = parse(builder.bytes(), "x").sites[site];
  EXPECT_EQ(got.peak_bytes, 100U);
  EXPECT_EQ(got.peak_error_bytes, 80U);  // at least the 20 that live now
}

TEST(Profile, AShardThatMissedTheLastPeakHoldsWhatItHoldsNow) {
  ProfileBuilder builder;
  builder.header.peak_number[0] = 7;
  builder.header.peak_bytes[0] = 1000;
  const auto site = builder.add_site(leaf(builder));
  const profile::CounterRecord counted{.allocated_blocks = 4,
                                       .allocated_bytes = 400,
                                       .freed_blocks = 1,
                                       .freed_bytes = 100,
                                       .temporary_blocks = 0,
                                       .highest_live = 400,
                                       .at_peak = 50,
                                       .peak_number = 7};
  builder.count(site, counted, 1);
  auto stale = counted;
  stale.peak_number = 6;
  builder.count(site, stale, 2);
  EXPECT_EQ(parse(builder.bytes(), "x").sites[site].at_peak_bytes, 50U + 300U);
}

TEST(Profile, WhereMoreIsLiveThanAtTheLastPeakThePeakIsNow) {
  ProfileBuilder builder;
  builder.header.peak_number[0] = 7;
  builder.header.peak_bytes[0] = 250;
  const auto site = builder.add_site(leaf(builder));
  builder.count(site, {.allocated_blocks = 4,
                       .allocated_bytes = 400,
                       .freed_blocks = 1,
                       .freed_bytes = 100,
                       .temporary_blocks = 0,
                       .highest_live = 300,
                       .at_peak = 50,
                       .peak_number = 7}, 1);
  const Profile profile = parse(builder.bytes(), "x");
  EXPECT_EQ(profile.spaces[0].peak_bytes, 300U);
  EXPECT_EQ(profile.sites[site].at_peak_bytes, 300U);
}

TEST(Profile, InheritedSitesAreNotTotals) {
  ProfileBuilder builder;
  const auto parents = builder.add_site(leaf(builder));
  const auto own = builder.add_site(leaf(builder));
  builder.header.inherited_sites = own;
  builder.count_blocks(parents, 10, 3, 1);
  builder.count_blocks(own, 1, 1, 0);
  const Profile profile = parse(builder.bytes(), "x");
  EXPECT_TRUE(profile.sites[parents].inherited);
  EXPECT_EQ(profile.spaces[0].counts.allocated_bytes, 1U);
  EXPECT_EQ(profile.spaces[0].inherited.live_bytes, 20U);
}

TEST(Profile, MoreFreedThanAllocatedIsNothingLive) {
  ProfileBuilder builder;
  const auto site = builder.add_site(leaf(builder));
  builder.count_blocks(site, 10, 1, 3);
  EXPECT_EQ(parse(builder.bytes(), "x").sites[site].counts.live_bytes, 0U);
}

TEST(Profile, TimelineIsSortedWithoutDoubles) {
  ProfileBuilder builder;
  for (const std::uint64_t at : {0, 300, 100, 100, 200}) {
    profile::TimelineRecord point{};
    point.at_ns = at;
    builder.add_point(point);
  }
  const Profile profile = parse(builder.bytes(), "x");
  ASSERT_EQ(profile.timeline.size(), 4U);
  EXPECT_EQ(profile.timeline[3].at_ns, 300U);
}

TEST(Profile, TextsOfTheHeaderComeBack) {
  const Profile profile = parse(test::full_profile().bytes(), "x");
  EXPECT_EQ(profile.process.args, (std::vector<std::string>{"./leaky", "--fast"}));
  EXPECT_EQ(profile.process.exe, "/opt/app/leaky");
  EXPECT_EQ(profile.allocator, "jemalloc 5.3.0");
  EXPECT_EQ(profile.warnings.size(), 1U);
  EXPECT_TRUE(profile.damage.empty());
}

TEST(Profile, RefusesWhatIsNone) {
  EXPECT_EQ(error_of({}), "x.weir is empty, not a weir profile");
  EXPECT_EQ(error_of(std::vector<std::byte>(100'000)), "x.weir is not a weir profile");
  auto bytes = test::full_profile().bytes();
  poke<std::uint32_t>(bytes, offsetof(profile::Header, version), profile::kFormatVersion + 1);
  EXPECT_EQ(error_of(bytes), "x.weir was written by a newer weir (format 7; this one reads up to 6)");
  bytes.resize(12);
  EXPECT_EQ(error_of(bytes), "x.weir was written by a newer weir (format 7; this one reads up to 6)");
  bytes = test::full_profile().bytes();
  poke<std::uint64_t>(bytes, offsetof(profile::Header, chunk_bytes), 4096);
  EXPECT_EQ(error_of(bytes), "x.weir is damaged: its header contradicts itself");
  bytes.resize(1000);
  EXPECT_EQ(error_of(bytes), "x.weir is cut short: its header is not complete");
}

TEST(Profile, SaysWhatItLeftOut) {
  ProfileBuilder builder;
  const auto site = builder.add_site(leaf(builder));
  const auto broken = builder.add_site(77);
  builder.count_blocks(site, 10, 1, 0);
  builder.count(broken, {.allocated_blocks = ~0ULL,
                         .allocated_bytes = 1,
                         .freed_blocks = 0,
                         .freed_bytes = 0,
                         .temporary_blocks = 0,
                         .highest_live = 0,
                         .at_peak = 0,
                         .peak_number = 0});
  const Profile profile = parse(builder.bytes(), "x");
  ASSERT_EQ(profile.damage.size(), 2U);
  EXPECT_EQ(profile.damage[0], "the file is damaged: a call site's stack is missing");
  EXPECT_EQ(profile.damage[1], "the file is damaged: impossible counts of a call site were left out");
  EXPECT_EQ(profile.spaces[0].counts.live_bytes, 10U);
}

TEST(Profile, AFrameBeforeItsCallerIsLeftOut) {
  ProfileBuilder builder;
  const auto node = builder.add_node(0x1000, 5, 0);
  builder.add_node(0x2000, node, 0);
  const Profile profile = parse(builder.bytes(), "x");
  EXPECT_EQ(profile.nodes[node].pc, 0U);
  EXPECT_EQ(profile.nodes[node + 1].parent, 0U);
  EXPECT_EQ(profile.damage.size(), 2U);
}

TEST(Profile, StacksHaveAnEnd) {
  ProfileBuilder builder;
  std::uint32_t node = 0;
  for (std::uint64_t i = 0; i != 5000; ++i) node = builder.add_node(0x1000 + i, node, 0);
  EXPECT_EQ(parse(builder.bytes(), "x").stack(node).size(), profile::kMaxFrames);
}

TEST(Profile, AProcessThatIsGoneWasKilled) {
  ProfileBuilder builder;
  builder.header.end = profile::End::Running;
  builder.header.started_ticks = 1;
  builder.header.pid = static_cast<std::uint32_t>(getpid());  // alive, but another process has the number now
  EXPECT_EQ(parse(builder.bytes(), "x").process.ending, Ending::Killed);
}

TEST(Profile, LoadRefusesWhatIsNoRegularFile) {
  const auto message = [](const std::string& path) -> std::string {
    try {
      static_cast<void>(load(path));
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(message("/nonexistent/x"), "cannot read /nonexistent/x: No such file or directory");
  EXPECT_EQ(message("/tmp"), "/tmp is a directory, not a weir profile");
  EXPECT_EQ(message("/dev/zero"), "/dev/zero is not a regular file");
  const std::string fifo = "/tmp/weir-test-fifo-" + std::to_string(getpid());
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_EQ(message(fifo), fifo + " is not a regular file");
  unlink(fifo.c_str());
}

TEST(Profile, LoadReadsWhatParseReads) {
  const auto bytes = test::full_profile().bytes();
  const std::string path = test::write_temporary("load", bytes);
  EXPECT_EQ(load(path).spaces[0].counts.live_bytes, parse(bytes, "x").spaces[0].counts.live_bytes);
  unlink(path.c_str());
}

// The magic is written last: before, the reader finds nothing, and then zeros.
TEST(Profile, LoadWaitsForWhatIsInTheMaking) {
  const auto bytes = test::full_profile().bytes();
  const std::string path = test::write_temporary("making", {});
  std::thread writer{[&] {
    const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
    const auto write_from = [&](std::size_t at, std::size_t count) {
      std::this_thread::sleep_for(std::chrono::milliseconds{30});
      EXPECT_EQ(pwrite(fd, bytes.data() + at, count, static_cast<off_t>(at)), static_cast<ssize_t>(count));
    };
    write_from(profile::kMagic.size(), bytes.size() - profile::kMagic.size());
    write_from(0, profile::kMagic.size());
    close(fd);
  }};
  std::uint64_t live = 0;
  EXPECT_NO_THROW(live = load(path).spaces[0].counts.live_bytes);
  writer.join();
  EXPECT_EQ(live, parse(bytes, "x").spaces[0].counts.live_bytes);
  unlink(path.c_str());
}

}  // namespace
}  // namespace weir::tool
