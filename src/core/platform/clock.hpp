// Time. No allocation: all go through the kernel's vdso.
#pragma once

#include <time.h>

#include <cstdint>

#include "core/platform/rights.hpp"

namespace weir::platform {

inline std::uint64_t ns_of(clockid_t clock) noexcept {
  timespec now;
  clock_gettime(clock, &now);  // async-signal-safe: man 7 signal-safety
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(now.tv_nsec);
}

inline std::uint64_t monotonic_ns() noexcept {
  return ns_of(may(Right::Clock) ? CLOCK_MONOTONIC : CLOCK_MONOTONIC_COARSE);
}

/// The same as of the last tick of the kernel's timer, some milliseconds ago: a few instructions.
inline std::uint64_t coarse_monotonic_ns() noexcept { return ns_of(CLOCK_MONOTONIC_COARSE); }

inline std::uint64_t realtime_ns() noexcept {
  return ns_of(may(Right::Clock) ? CLOCK_REALTIME : CLOCK_REALTIME_COARSE);
}

}  // namespace weir::platform
