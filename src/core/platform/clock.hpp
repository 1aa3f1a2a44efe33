// Time, from the kernel itself. libc's clock_gettime may be somebody else's: a sanitizer's, which does not bear to be called
// before its own start, or one that tells the program another time. No allocation; async-signal-safe.
#pragma once

#include <time.h>

#include <cstdint>

#include "core/platform/rights.hpp"

namespace weir::platform {

[[nodiscard]] std::uint64_t clock_ns(clockid_t clock) noexcept;

/// Where the kernel may not be asked any more: as of the last tick of its timer.
inline std::uint64_t monotonic_ns() noexcept {
  return clock_ns(may(Right::Clock) ? CLOCK_MONOTONIC : CLOCK_MONOTONIC_COARSE);
}

/// As of the last tick, some milliseconds ago: a few instructions.
inline std::uint64_t coarse_monotonic_ns() noexcept { return clock_ns(CLOCK_MONOTONIC_COARSE); }

inline std::uint64_t realtime_ns() noexcept {
  return clock_ns(may(Right::Clock) ? CLOCK_REALTIME : CLOCK_REALTIME_COARSE);
}

}  // namespace weir::platform
