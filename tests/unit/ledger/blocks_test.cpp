// The books of CUDA's blocks: what lives is found, of what was freed the last ones, and nothing else.
#include "core/ledger/blocks.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace weir::ledger {
namespace {

Block block(std::uint32_t n) {
  Block made{};
  made.bytes = n * 10ULL;
  made.born = n;
  made.site = n;
  made.space = profile::Space::Device;
  return made;
}
Freed freed(std::uint32_t n) {
  return {.bytes = n * 10ULL, .allocated_site = n, .freed_site = n + 1, .space = profile::Space::Device, .is_done = false};
}
void free_block(Blocks& blocks, std::uint64_t key, std::uint32_t n) {
  blocks.take({key, 0});
  blocks.note({key, 0}, freed(n));
}

TEST(Blocks, RememberTheLastFreesOnly) {
  Blocks blocks{};
  constexpr std::uint32_t kMany = 3 * Blocks::kRemembered;
  for (std::uint32_t n = 1; n <= kMany; ++n) ASSERT_NE(blocks.enter({n * 256ULL, 0}, block(n)), nullptr);
  for (std::uint32_t n = 1; n <= kMany; ++n) {
    blocks.take({n * 256ULL, 0});
    blocks.note({n * 256ULL, 0}, freed(n));
  }
  for (std::uint32_t n = 1; n <= kMany; ++n) {
    const Freed* found = blocks.find_freed({n * 256ULL, 0});
    ASSERT_EQ(found != nullptr, n > kMany - Blocks::kRemembered) << n;
    if (found != nullptr) {
      ASSERT_EQ(found->allocated_site, n);
    }
    ASSERT_EQ(blocks.find({n * 256ULL, 0}), nullptr);
  }
}

TEST(Blocks, AreEitherLiveOrFreed) {
  Blocks blocks{};
  ASSERT_NE(blocks.enter({64, 0}, block(1)), nullptr);
  ASSERT_NE(blocks.enter({64, 1}, block(2)), nullptr);
  EXPECT_EQ(blocks.find_freed({64, 0}), nullptr);
  blocks.note({64, 0}, freed(1));
  EXPECT_NE(blocks.find({64, 0}), nullptr) << "a live block is left alone";
  blocks.take({64, 0});
  EXPECT_EQ(blocks.find({64, 0}), nullptr);
  EXPECT_EQ(blocks.find_freed({64, 0}), nullptr) << "taken out, not freed yet";
  blocks.note({64, 0}, freed(1));
  EXPECT_NE(blocks.find_freed({64, 0}), nullptr);
  EXPECT_NE(blocks.find({64, 1}), nullptr) << "of another key space";
  ASSERT_NE(blocks.enter({64, 0}, block(3)), nullptr);
  EXPECT_EQ(blocks.find_freed({64, 0}), nullptr) << "handed out again";
  EXPECT_EQ(blocks.find({64, 0})->site, 3U);
}

TEST(Blocks, AFreeIsRememberedHoweverOftenItsKeyWasUsedBefore) {
  Blocks blocks{};
  std::uint32_t n = 0;
  for (std::uint32_t round = 0; round != 3; ++round) {
    // The same few keys again and again, among many others.
    for (std::uint32_t i = 0; i != Blocks::kRemembered - 100; ++i) {
      const std::uint64_t key = i % 2 == 0 ? 256 : (++n + 1000) * 256ULL;
      ASSERT_NE(blocks.enter({key, 0}, block(n)), nullptr);
      free_block(blocks, key, n);
    }
    EXPECT_NE(blocks.find_freed({256, 0}), nullptr) << round;
  }
}

TEST(Blocks, FreedByAnEndAreLiveNoMore) {
  for (const std::uint32_t many : {100U, 10'000U}) {
    Blocks blocks{};
    free_block(blocks, 8, 0);
    for (std::uint32_t n = 1; n <= many; ++n) ASSERT_NE(blocks.enter({n * 256ULL, 0}, block(n)), nullptr);
    std::uint64_t seen = 0;
    blocks.free_if(7, [&](const Key&, const Block& b) { return b.site % 2 == 0 && ++seen != 0; });
    EXPECT_EQ(seen, many / 2);
    std::uint64_t live = 0, remembered = 0;
    blocks.each([&](const Key&, const Block&) { ++live; });
    EXPECT_EQ(live, many - many / 2);
    for (std::uint32_t n = 1; n <= many; ++n)
      if (const Freed* found = blocks.find_freed({n * 256ULL, 0})) {
        ++remembered;
        EXPECT_EQ(found->freed_site, 7U);
        EXPECT_EQ(n % 2, 0U);
      }
    EXPECT_EQ(remembered, std::min(many / 2, Blocks::kRemembered));
  }
}

TEST(Blocks, AgreeWithMapsThroughAnyHistory) {
  Blocks blocks{};
  std::mt19937_64 random{3};
  std::map<std::uint64_t, std::uint32_t> live;
  std::map<std::uint64_t, std::pair<std::uint32_t, std::uint64_t>> gone;  // what it was, and when
  std::uint64_t frees = 0;
  for (std::uint32_t step = 1; step != 200'000; ++step) {
    const std::uint64_t key = 1 + random() % 9000;
    const Block* found = blocks.find({key, 0});
    ASSERT_EQ(found != nullptr, live.contains(key)) << step;
    if (found != nullptr) {
      ASSERT_EQ(found->site, live[key]);
      const std::uint32_t site = live[key];
      blocks.take({key, 0});
      ASSERT_EQ(blocks.find({key, 0}), nullptr);
      live.erase(key);
      if (random() % 8 == 0) {  // the driver would not
        ASSERT_NE(blocks.enter({key, 0}, block(site)), nullptr);
        live[key] = site;
      } else {
        blocks.note({key, 0}, freed(site));
        gone[key] = {site, ++frees};
      }
      continue;
    }
    const Freed* before = blocks.find_freed({key, 0});
    // Half of what could be remembered surely is: taking out counts as well as freeing.
    const auto was = gone.find(key);
    if (was != gone.end() && frees - was->second.second < Blocks::kRemembered / 4) {
      ASSERT_NE(before, nullptr) << step;
    }
    if (before != nullptr) {
      ASSERT_TRUE(was != gone.end());
      ASSERT_EQ(before->allocated_site, was->second.first);
    }
    ASSERT_NE(blocks.enter({key, 0}, block(step)), nullptr);
    live[key] = step;
    gone.erase(key);
  }
}

}  // namespace
}  // namespace weir::ledger
