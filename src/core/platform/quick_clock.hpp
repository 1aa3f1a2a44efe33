// The monotonic clock for what is measured often: half its cost, where the processor counts time evenly.
//
// Counts of the processor are scaled by what the kernel's clock said over the first milliseconds: some 25 millionths off. For
// intervals only: what it says and what monotonic_ns() says may be some microseconds apart.
#pragma once

#include <cstdint>

#include "core/base/tally.hpp"
#include "core/platform/clock.hpp"

namespace weir::platform {

struct QuickClock {
  std::uint64_t at_count, at_ns;  ///< one moment by both
  std::uint64_t scale;  ///< ns in 2^32 counts; written last; 0: not known yet, or the counter is no clock
};
[[gnu::visibility("hidden")]] extern constinit QuickClock g_quick_clock;

/// Finds the scale when enough time is over.
[[nodiscard]] std::uint64_t quick_ns_unscaled() noexcept;

[[nodiscard]] inline std::uint64_t quick_ns() noexcept {
#if defined(__x86_64__)
  const std::uint64_t scale = load_acquire(g_quick_clock.scale);
  if (scale == 0) [[unlikely]]
    return quick_ns_unscaled();
  const std::uint64_t counts = __builtin_ia32_rdtsc() - g_quick_clock.at_count;
  __extension__ using Wide = unsigned __int128;
  return g_quick_clock.at_ns + static_cast<std::uint64_t>(Wide{counts} * scale >> 32);
#else
  return monotonic_ns();
#endif
}

}  // namespace weir::platform
