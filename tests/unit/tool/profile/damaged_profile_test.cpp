// A profile cut at any byte, or with any byte flipped, gives a report or an Error; never a crash, never nonsense in
// the JSON.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>

#include "support/profile_builder.hpp"
#include "tool/report/report.hpp"

namespace weir::tool {
namespace {

constexpr std::size_t kStride = WEIR_TEST_STRIDE;  ///< 1 tries every position

/// Reads and reports in both formats. True: there was a report.
bool survives(std::span<const std::byte> bytes) {
  ReportOptions options;
  options.symbolize = &symbolize_none;
  std::ostringstream out;
  try {
    const Profile profile = parse(bytes, "damaged");
    options.format = "text";
    write_report(profile, options, out);
    options.format = "json";
    write_report(profile, options, out);
    static_cast<void>(summary(profile, {.profile_path = "damaged", .symbolize = &symbolize_none}));
    return true;
  } catch (const Error&) {
    return false;
  }
}

std::vector<std::vector<std::byte>> specimens() {
  std::vector<std::vector<std::byte>> out{test::full_profile().bytes(), test::pools_profile().bytes()};
  for (const auto& entry : std::filesystem::directory_iterator{WEIR_TEST_GOLDEN}) {
    if (entry.path().extension() != ".weir") continue;
    std::ifstream in{entry.path(), std::ios::binary};
    const std::string text{std::istreambuf_iterator<char>{in}, {}};
    const auto* data = reinterpret_cast<const std::byte*>(text.data());
    out.emplace_back(data, data + text.size());
  }
  return out;
}

TEST(DamagedProfile, SurvivesBeingCutAnywhere) {
  for (const auto& whole : specimens()) {
    EXPECT_TRUE(survives(whole));
    const std::span<const std::byte> bytes{whole};
    for (std::size_t length = 0; length < bytes.size();) {
      survives(bytes.first(length));
      const bool header = length < sizeof(profile::Header) + 8;
      length += (header ? 1 : length < 3 * profile::kChunkBytes ? 7 : 61 + length / 1000) * kStride;
    }
  }
}

TEST(DamagedProfile, SurvivesEveryByteFlipped) {
  for (auto bytes : specimens()) {
    const auto original = bytes;
    std::uint32_t random = 12345;
    std::size_t zeros = 0;
    for (std::size_t at = 0; at < bytes.size(); at += kStride) {
      // Far into a run of zeros one place is like the next: there every 97th is tried.
      zeros = original[at] == std::byte{0} ? zeros + 1 : 0;
      if ((zeros > 256 || bytes.size() > 1'000'000) && at % 97 != 0) continue;
      random = random * 1664525 + 1013904223;
      for (const std::byte mask : {std::byte{0xff}, static_cast<std::byte>(1U << (random >> 29))}) {
        bytes[at] = original[at] ^ mask;
        survives(bytes);
      }
      bytes[at] = original[at];
    }
  }
}

TEST(DamagedProfile, JsonStaysValid) {
  const auto bytes = test::full_profile().bytes();
  std::uint32_t random = 99;
  for (int i = 0; i != 300; ++i) {
    auto damaged = bytes;
    for (int k = 0; k != 20; ++k) {
      random = random * 1664525 + 1013904223;
      const std::size_t at = 40 + random % (damaged.size() - 40);
      damaged[at] ^= static_cast<std::byte>(random >> 24);
    }
    ReportOptions options;
    options.format = "json";
    options.symbolize = &symbolize_none;
    std::ostringstream out;
    try {
      write_report(parse(damaged, "x"), options, out);
    } catch (const Error&) {
      continue;
    }
    EXPECT_TRUE(nlohmann::json::accept(out.str()));
  }
}

}  // namespace
}  // namespace weir::tool
