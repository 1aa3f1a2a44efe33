// Arithmetic on sizes and addresses.
#include "core/base/bits.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <set>

namespace weir {
namespace {

TEST(Bits, PowersOfTwoAreThoseWithOneBit) {
  EXPECT_FALSE(is_pow2(0));
  for (unsigned bit = 0; bit != 64; ++bit) EXPECT_TRUE(is_pow2(std::uint64_t{1} << bit)) << bit;
  for (const std::uint64_t n : {3ULL, 6ULL, 12ULL, 4097ULL, ~0ULL, (1ULL << 63) | 1}) EXPECT_FALSE(is_pow2(n)) << n;
}

TEST(Bits, AligningKeepsMultiplesAndMovesTheRest) {
  for (const std::uint64_t step : {1ULL, 2ULL, 16ULL, 4096ULL, 1ULL << 40}) {
    EXPECT_EQ(align_up(0, step), 0U);
    EXPECT_EQ(align_down(0, step), 0U);
    EXPECT_EQ(align_up(step, step), step);
    EXPECT_EQ(align_down(step, step), step);
    EXPECT_EQ(align_up(step + 1, step), step == 1 ? 2 : 2 * step);
    EXPECT_EQ(align_down(2 * step - 1, step), step);
  }
  EXPECT_EQ(align_down(~0ULL, 4096), ~0ULL - 4095);
}

TEST(Bits, DividingUpCountsThePartialStep) {
  EXPECT_EQ(divide_up(0, 7), 0U);
  EXPECT_EQ(divide_up(1, 7), 1U);
  EXPECT_EQ(divide_up(7, 7), 1U);
  EXPECT_EQ(divide_up(8, 7), 2U);
}

TEST(Mix, EveryInputBitChangesAboutHalfOfTheOutput) {
  for (const std::uint64_t from : {0ULL, 0x7f12'3456'7890ULL, ~0ULL}) {
    int changed = 0;
    for (unsigned bit = 0; bit != 64; ++bit) {
      const int here = std::popcount(mix(from) ^ mix(from ^ (1ULL << bit)));
      EXPECT_GE(here, 8) << bit;
      changed += here;
    }
    EXPECT_NEAR(changed / 64.0, 32.0, 6.0);
  }
}

TEST(Mix, KeepsDifferentNumbersDifferent) {
  std::set<std::uint64_t> seen;
  for (std::uint64_t n = 0; n != 20'000; ++n) seen.insert(mix(n * 16));
  EXPECT_EQ(seen.size(), 20'000U);
}

}  // namespace
}  // namespace weir
