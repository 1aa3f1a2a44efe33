// Drawing samples by bytes: each block with its chance, each sample with its weight. All seeds are fixed.
#include "core/track/sampler.hpp"

#include <gtest/gtest.h>
#include <xmmintrin.h>

#include <cmath>
#include <vector>

#include "core/profile/format.hpp"

namespace weir::track {
namespace {

Sampler every(std::uint64_t mean) {
  Sampler out;
  out.begin(mean);
  return out;
}

constexpr std::uint64_t kMeans[] = {1, 2, 3, 100, 4096, 512 << 10, 1 << 30};
constexpr int kDraws = 200'000;

TEST(Sampler, DrawsHaveTheMean) {
  for (const std::uint64_t mean : kMeans) {
    const Sampler sampler = every(mean);
    std::uint64_t state = 42;
    double sum = 0;
    for (int i = 0; i != kDraws; ++i) sum += static_cast<double>(sampler.draw(state));
    // The standard deviation of one draw is the root of R (R - 1).
    const double m = static_cast<double>(mean), error = std::sqrt(m * (m - 1) / kDraws);
    EXPECT_NEAR(sum / kDraws, m, 4 * error) << mean;
  }
}

TEST(Sampler, DrawsAreGeometric) {
  constexpr std::uint64_t kMean = 1000;
  const Sampler sampler = every(kMean);
  std::uint64_t state = 7;
  constexpr int kCells = 20;  // each with a chance of 1/20, as far as whole numbers allow
  std::vector<std::uint64_t> ends;
  for (int i = 1; i != kCells; ++i)
    ends.push_back(static_cast<std::uint64_t>(std::log(1 - static_cast<double>(i) / kCells) / std::log1p(-1.0 / kMean)));
  std::vector<double> wanted, found(kCells);
  double below = 0;
  for (const std::uint64_t end : ends) {
    wanted.push_back((sampler.chance(end) - below) * kDraws);
    below = sampler.chance(end);
  }
  wanted.push_back((1 - below) * kDraws);
  for (int i = 0; i != kDraws; ++i) {
    const std::uint64_t drawn = sampler.draw(state);
    std::size_t cell = 0;
    while (cell != ends.size() && drawn > ends[cell]) ++cell;
    ++found[cell];
  }
  double chi2 = 0;
  for (int i = 0; i != kCells; ++i) chi2 += (found[i] - wanted[i]) * (found[i] - wanted[i]) / wanted[i];
  EXPECT_LT(chi2, 43.8);  // 19 degrees of freedom, 1 in 1000
  EXPECT_GT(chi2, 5.4);
}

TEST(Sampler, AdjacentDrawsAreIndependent) {
  const Sampler sampler = every(1000);
  std::uint64_t state = 9;
  double sum = 0, before = static_cast<double>(sampler.draw(state));
  for (int i = 0; i != kDraws; ++i) {
    const double drawn = static_cast<double>(sampler.draw(state));
    sum += (drawn - 1000) * (before - 1000);
    before = drawn;
  }
  EXPECT_NEAR(sum / kDraws / 1e6, 0, 4 / std::sqrt(kDraws));
}

TEST(Sampler, ADrawIsNeverZero) {
  for (const std::uint64_t mean : kMeans) {
    std::uint64_t state = 1;
    for (int i = 0; i != 1000; ++i) ASSERT_GE(every(mean).draw(state), 1U);
  }
}

TEST(Sampler, MeanOneTakesEveryByte) {
  const Sampler sampler = every(1);
  std::uint64_t state = 3;
  for (int i = 0; i != 1000; ++i) EXPECT_EQ(sampler.draw(state), 1U);
  for (const std::uint64_t bytes : {1UL, 2UL, 100UL, 1UL << 40}) {
    const Weight weight = sampler.weight(bytes);
    EXPECT_EQ(weight.bytes, bytes);
    EXPECT_EQ(weight.blocks, profile::kBlockUnits);
    EXPECT_EQ(weight.bytes_variance, 0);
    EXPECT_EQ(weight.blocks_variance, 0);
  }
}

TEST(Sampler, ChancesAreThoseOfTheFormula) {
  for (const std::uint64_t mean : kMeans)
    for (const std::uint64_t bytes : {1UL, 2UL, 17UL, 1000UL, 1UL << 20, 1UL << 33}) {
      const long double wanted = mean == 1 ? 1 : -std::expm1(static_cast<long double>(bytes) * std::log1p(-1 / static_cast<long double>(mean)));
      EXPECT_NEAR(every(mean).chance(bytes) / static_cast<double>(wanted), 1, 4e-15) << mean << " " << bytes;
    }
  EXPECT_EQ(every(100).chance(0), 0);
}

TEST(Sampler, ChancesGrowWithTheBlock) {
  const Sampler sampler = every(4096);
  for (std::uint64_t bytes = 1; bytes != 100'000; ++bytes) ASSERT_LE(sampler.chance(bytes - 1), sampler.chance(bytes));
}

TEST(Sampler, AWeightIsOneOverTheChance) {
  const Sampler sampler = every(512 << 10);
  for (const std::uint64_t bytes : {1UL, 48UL, 5000UL, 512UL << 10, 100UL << 20}) {
    const double p = sampler.chance(bytes), n = static_cast<double>(bytes);
    const Weight weight = sampler.weight(bytes);
    EXPECT_NEAR(static_cast<double>(weight.bytes), n / p, 0.5001);
    EXPECT_NEAR(static_cast<double>(weight.blocks), static_cast<double>(profile::kBlockUnits) / p, 0.5001);
    EXPECT_NEAR(weight.blocks_variance, (1 - p) / (p * p), 1e-12 * weight.blocks_variance);
    EXPECT_NEAR(weight.bytes_variance, n * n * weight.blocks_variance, 1e-12 * weight.bytes_variance);
  }
}

TEST(Sampler, IsTheSameUnderEveryRoundingAndLeavesNoFlags) {
  const Sampler sampler = every(512 << 10);
  const unsigned before = _mm_getcsr();
  std::uint64_t state = 5, same_state = 5;
  const Weight wanted = sampler.weight(12'345);
  const std::uint64_t drawn = sampler.draw(state);
  for (const unsigned rounding : {_MM_ROUND_UP, _MM_ROUND_DOWN, _MM_ROUND_TOWARD_ZERO}) {
    same_state = 5;
    _mm_setcsr((before & ~(_MM_ROUND_MASK | _MM_EXCEPT_MASK)) | rounding);
    const Weight weight = sampler.weight(12'345);
    const std::uint64_t again = sampler.draw(same_state);
    const unsigned after = _mm_getcsr();
    _mm_setcsr(before);
    EXPECT_EQ(weight.bytes, wanted.bytes);
    EXPECT_EQ(weight.bytes_variance, wanted.bytes_variance);
    EXPECT_EQ(again, drawn);
    EXPECT_EQ(after & _MM_ROUND_MASK, rounding);
    EXPECT_EQ(after & _MM_EXCEPT_MASK, 0U);
  }
}

/// The estimator itself: a fixed list of blocks, sampled again and again.
TEST(Sampler, SumsOfWeightsHaveTheTrueSumAsMeanAndTheStatedVariance) {
  const std::vector<std::vector<std::uint64_t>> lists = {
      std::vector<std::uint64_t>(2000, 48), std::vector<std::uint64_t>(40, 10'000), {1, 100'000, 5000, 5000, 64, 64, 64, 64}};
  const Sampler sampler = every(4096);
  for (const auto& list : lists) {
    double truth = 0;
    for (const std::uint64_t bytes : list) truth += static_cast<double>(bytes);
    constexpr int kRuns = 20'000;
    std::uint64_t state = 11, left = sampler.draw(state);
    double sum = 0, squares = 0, stated = 0;
    for (int run = 0; run != kRuns; ++run) {
      double estimate = 0;
      for (const std::uint64_t bytes : list) {
        if (left > bytes) {
          left -= bytes;
          continue;
        }
        left = sampler.draw(state);
        estimate += static_cast<double>(sampler.weight(bytes).bytes);
        stated += sampler.weight(bytes).bytes_variance;
      }
      sum += estimate - truth;
      squares += (estimate - truth) * (estimate - truth);
    }
    EXPECT_NEAR(sum / kRuns, 0, 4 * std::sqrt(squares) / kRuns) << list.size();
    EXPECT_NEAR(stated / squares, 1, 0.06) << list.size();
  }
}

}  // namespace
}  // namespace weir::track
