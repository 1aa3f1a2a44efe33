// Waiting for another thread to come out of a few calls of the driver: never for ever.
#pragma once

#include <time.h>

#include <cstdint>

#include "core/platform/platform.hpp"

namespace weir::cuda {

/// Longer than any call of the driver that does not wait for the device; a thread that takes longer has died in it.
inline constexpr std::uint64_t kPatienceNs = 1'000'000'000;

/// False: it has not become so in that time.
template <class IsSo>
bool wait_until(IsSo is_so, std::uint64_t most_ns) noexcept {
  constexpr int kSpins = 200;
  constexpr timespec kNap{.tv_sec = 0, .tv_nsec = 20'000};
  for (int i = 0; i != kSpins; ++i) {
    if (is_so()) return true;
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
  }
  const std::uint64_t end = platform::monotonic_ns() + most_ns;
  while (!is_so()) {
    if (platform::monotonic_ns() >= end) return false;
    platform::raw_syscall(SYS_nanosleep, &kNap, nullptr);
  }
  return true;
}

}  // namespace weir::cuda
