// The logarithm and the exponential that sampling needs, in plain arithmetic: no library, and the same result wherever it
// is computed. Relative errors are below 1e-15 (tests/unit/base/exponential_test.cpp).
#pragma once

#include <bit>
#include <cstdint>

namespace weir {

/// log((1 + z) / (1 - z)), by kTerms terms of its series: 18 for |z| <= 1/3, 11 for |z| <= 0.172.
template <int kTerms = 18>
constexpr double log_of_ratio(double z) noexcept {
  const double square = z * z;
  double sum = 0;
#pragma GCC unroll 18
  for (int odd = 2 * kTerms - 1; odd > 1; odd -= 2) sum = (sum + 1.0 / odd) * square;
  return 2 * (z + z * sum);
}

/// The natural logarithm of a positive normal number.
constexpr double log_of(double x) noexcept {
  constexpr double kLog2 = 0x1.62e42fefa39efp-1;
  constexpr double kRoot2 = 0x1.6a09e667f3bcdp+0;
  const auto bits = std::bit_cast<std::uint64_t>(x);
  int exponent = static_cast<int>(bits >> 52) - 1023;
  auto mantissa = std::bit_cast<double>((bits & 0xfffffffffffffULL) | (std::uint64_t{1023} << 52));
  if (mantissa > kRoot2) {
    mantissa /= 2;
    ++exponent;
  }
  return exponent * kLog2 + log_of_ratio<11>((mantissa - 1) / (mantissa + 1));
}

/// 1 - exp(-x), for x >= 0. From x = 40 on it is 1.
constexpr double one_minus_exp(double x) noexcept {
  if (x >= 40) return 1;
  constexpr double kLog2High = 0x1.62e42feep-1, kLog2Low = 0x1.a39ef35793c76p-33;
  const int halvings = static_cast<int>(x * 0x1.71547652b82fep+0 + 0.5);  // x / log(2), to the nearest
  const double rest = (x - halvings * kLog2High) - halvings * kLog2Low;   // at most log(2)/2 either way
  double sum = 0;                                                         // exp(-rest) - 1, by its series
#pragma GCC unroll 15
  for (int i = 15; i != 0; --i) sum = (sum + 1) * (-rest * (1.0 / i));
  const double scale = std::bit_cast<double>(static_cast<std::uint64_t>(1023 - halvings) << 52);
  return (1 - scale) - scale * sum;
}

}  // namespace weir
