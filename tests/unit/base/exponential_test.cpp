// The logarithm and the exponential of sampling, against the C library's in twice the precision.
#include "core/base/exponential.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace weir {
namespace {

constexpr double kBound = 1e-15;

double relative(double found, long double wanted) {
  return static_cast<double>(std::fabs((static_cast<long double>(found) - wanted) / wanted));
}

TEST(LogOf, IsWithinItsBoundFromTheSmallestToTheLargest) {
  for (double x = 1e-300; x < 1e300; x *= 1.37) EXPECT_LT(relative(log_of(x), std::log(static_cast<long double>(x))), kBound) << x;
}

TEST(LogOf, IsWithinItsBoundAroundOne) {
  for (int i = 1; i < 200'000; ++i) {
    const double x = i / 100'000.0;
    if (i == 100'000) continue;
    EXPECT_LT(relative(log_of(x), std::log(static_cast<long double>(x))), kBound) << x;
  }
  EXPECT_EQ(log_of(1), 0);
}

TEST(OneMinusExp, IsWithinItsBoundFromNothingToOne) {
  for (double x = 1e-15; x < 45; x *= 1.0003)
    EXPECT_LT(relative(one_minus_exp(x), -std::expm1(-static_cast<long double>(x))), kBound) << x;
  EXPECT_EQ(one_minus_exp(0), 0);
  EXPECT_EQ(one_minus_exp(40), 1);
  EXPECT_EQ(one_minus_exp(1e300), 1);
}

TEST(OneMinusExp, NeverFalls) {
  double before = 0;
  for (double x = 0; x < 41; x += 0.0007) {
    EXPECT_GE(one_minus_exp(x), before) << x;
    before = one_minus_exp(x);
  }
}

TEST(LogOfRatio, IsWithinItsBoundForEveryMean) {
  for (double mean = 2; mean < 2e12; mean = std::floor(mean * 1.1 + 1))
    EXPECT_LT(relative(log_of_ratio(1 / (2 * mean - 1)), -std::log1p(-1 / static_cast<long double>(mean))), kBound) << mean;
}

}  // namespace
}  // namespace weir
