// Sampling by bytes: which blocks are recorded, and what a recorded one stands for.
//
// Think of every byte that is allocated as one draw with a chance of 1 in R, independent of all others. A block is recorded
// when one of its bytes is drawn, so a block of n bytes is with
//
//     p(n) = 1 - (1 - 1/R)^n
//
// and then stands for 1/p(n) blocks of n bytes: sums of such weights have the true sums as their mean (Horvitz and
// Thompson). A thread need not draw for every byte: the number of bytes until the next drawn one is drawn at once, and by
// the absence of memory it may be drawn anew at any time.
//
// The variance of what one recorded block adds to a sum is (1 - p)/p^2 blocks^2; adding that up over the recorded blocks
// estimates the variance of the sum, again with the true one as its mean.
#pragma once

#include <cstdint>

namespace weir::track {

/// What one recorded block adds to the sums. Computed alike when it is allocated and when it is freed.
struct Weight {
  std::uint64_t bytes;   ///< n/p, rounded
  std::uint64_t blocks;  ///< 1/p in units of 1/kBlockUnits, rounded
  double bytes_variance;
  double blocks_variance;
};

class Sampler {
 public:
  /// `mean` is R: 1 to 2^40. With 1, every block of at least one byte is recorded.
  void begin(std::uint64_t mean) noexcept;

  /// Bytes up to and with the next drawn one: at least 1. `state` is the caller's generator; any value will do.
  [[nodiscard]] std::uint64_t draw(std::uint64_t& state) const noexcept;

  /// p(bytes).
  [[nodiscard]] double chance(std::uint64_t bytes) const noexcept;

  /// Of a block of at least one byte.
  [[nodiscard]] Weight weight(std::uint64_t bytes) const noexcept;

 private:
  double rate_{};        ///< -log(1 - 1/R): draws per byte
  double mean_bytes_{};  ///< 1 / rate_
};

}  // namespace weir::track
