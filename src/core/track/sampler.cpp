#include "core/track/sampler.hpp"

#include "core/base/exponential.hpp"
#include "core/platform/platform.hpp"
#include "core/profile/format.hpp"

namespace weir::track {
namespace {

/// One step of SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators).
std::uint64_t next(std::uint64_t& state) noexcept {
  std::uint64_t z = state += 0x9e3779b97f4a7c15ULL;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

// Not inlined: see FloatState.

[[gnu::noinline]] double rate_of(std::uint64_t mean) noexcept {
  // For R = 1 any rate does that makes one byte certain: draws stay below 37.
  return mean == 1 ? 64 : log_of_ratio(1 / (2 * static_cast<double>(mean) - 1));
}

[[gnu::noinline]] double inverse(double x) noexcept { return 1 / x; }

[[gnu::noinline]] double chance_of(double rate, std::uint64_t bytes) noexcept {
  return one_minus_exp(rate * static_cast<double>(bytes));
}

/// Rounded up; 0 becomes 1.
[[gnu::noinline]] std::uint64_t exponential(double mean, std::uint64_t random) noexcept {
  const double uniform = (static_cast<double>(random >> 11) + 1) * 0x1p-53;  // in (0, 1]
  const double drawn = -log_of(uniform) * mean;
  const auto whole = static_cast<std::uint64_t>(drawn);
  return whole + (static_cast<double>(whole) < drawn || whole == 0 ? 1 : 0);
}

[[gnu::noinline]] Weight weight_of(double rate, std::uint64_t bytes) noexcept {
  const double n = static_cast<double>(bytes);
  const double p = one_minus_exp(rate * n);
  const double variance = (1 - p) / (p * p);
  return {.bytes = p == 1 ? bytes : static_cast<std::uint64_t>(n / p + 0.5),
          .blocks = static_cast<std::uint64_t>(static_cast<double>(profile::kBlockUnits) / p + 0.5),
          .bytes_variance = variance * n * n,
          .blocks_variance = variance};
}

}  // namespace

void Sampler::begin(std::uint64_t mean) noexcept {
  const platform::FloatState ours;
  rate_ = rate_of(mean);
  mean_bytes_ = inverse(rate_);
}

std::uint64_t Sampler::draw(std::uint64_t& state) const noexcept {
  const platform::FloatState ours;
  return exponential(mean_bytes_, next(state));
}

double Sampler::chance(std::uint64_t bytes) const noexcept {
  const platform::FloatState ours;
  return chance_of(rate_, bytes);
}

Weight Sampler::weight(std::uint64_t bytes) const noexcept {
  const platform::FloatState ours;
  return weight_of(rate_, bytes);
}

}  // namespace weir::track
