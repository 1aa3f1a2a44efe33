// Size classes: what a request is rounded to, and in which bin a block of that size is kept.
//
//   request            Fine                                     Pow2
//   1 .. 512           512                                      512
//   .. 16 MiB          8 steps to the doubling: at most 1/8     the next power of two
//   beyond             multiples of 2 MiB                       the next power of two
//
// A granule of 512 bytes is what the driver's own allocations take. There are as many bins as there are steps; beyond
// 16 MiB blocks of several sizes share a bin.
#pragma once

#include <bit>
#include <cstdint>

namespace weir::pool {

enum class Classes : std::uint8_t { Fine, Pow2 };

inline constexpr std::uint64_t kGranule = 512;
inline constexpr std::uint64_t kLarge = 16U << 20;     ///< beyond it, Fine classes are multiples of …
inline constexpr std::uint64_t kLargeStep = 2U << 20;  ///< … this
inline constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 40;  ///< larger requests are not pooled
inline constexpr std::uint32_t kBins = 256;

/// In which bin blocks of `bytes` are, for bytes in [1, kMostBytes]: 8 bins to the doubling, from 512 bytes up.
[[nodiscard]] constexpr std::uint32_t bin_of(std::uint64_t bytes) noexcept {
  if (bytes <= kGranule) return 0;
  const auto log = static_cast<std::uint32_t>(std::bit_width(bytes - 1)) - 1;  // 2^log < bytes <= 2^(log+1)
  const std::uint64_t step = std::uint64_t{1} << (log - 3);
  const auto within = static_cast<std::uint32_t>((bytes - 1 - (std::uint64_t{1} << log)) / step);
  return (log - 9) * 8 + within + 1;
}

/// The largest size of a bin.
[[nodiscard]] constexpr std::uint64_t bin_bytes(std::uint32_t bin) noexcept {
  if (bin == 0) return kGranule;
  const std::uint32_t log = 9 + (bin - 1) / 8;
  return (std::uint64_t{1} << log) + ((bin - 1) % 8 + 1) * (std::uint64_t{1} << (log - 3));
}

/// What a fresh block for this request has. `request` in [1, kMostBytes].
[[nodiscard]] constexpr std::uint64_t class_bytes(Classes classes, std::uint64_t request) noexcept {
  if (request <= kGranule) return kGranule;
  if (classes == Classes::Pow2) return std::bit_ceil(request);
  if (request <= kLarge) return bin_bytes(bin_of(request));
  return (request + kLargeStep - 1) & ~(kLargeStep - 1);
}

/// The largest block that may serve this request: a hit wastes no more than this.
[[nodiscard]] constexpr std::uint64_t most_bytes_for(Classes classes, std::uint64_t request) noexcept {
  const std::uint64_t fresh = class_bytes(classes, request);
  const std::uint64_t eighth = request + request / 8;
  return classes == Classes::Fine && eighth > fresh ? eighth : fresh;
}

}  // namespace weir::pool
