// A lock for sections of some tens of nanoseconds that many threads enter often. All-zero is unlocked.
//
// Letting go is one plain store: nobody is woken. Who finds it held keeps away from it for a few microseconds, which is enough
// where threads meet by chance. Who then finds it held again sleeps, 100 microseconds at first: either the holder has been taken
// off its processor, or the others enter again and again; then all that the lock protects stays in their cache meanwhile, and
// that costs all threads together less than taking turns. Fork: as Lock.
#pragma once

#include <linux/futex.h>
#include <time.h>

#include <atomic>
#include <cstdint>

#include "core/platform/raw.hpp"

namespace weir::platform {

class BriefLock {
 public:
  [[gnu::always_inline]] void lock() noexcept {
    // acquire: pairs with unlock().
    if (state_.exchange(1, std::memory_order_acquire) != 0) [[unlikely]]
      wait();
  }
  /// For who keeps others from getting on until it has been in: looks again all the time.
  void lock_soon() noexcept {
    for (int look = 0; look != kSoonLooks; ++look) {
      if (is_taken_now()) return;
      pause();
    }
    lock();
  }
  [[gnu::always_inline]] void unlock() noexcept { state_.store(0, std::memory_order_release); }
  void reset() noexcept { state_.store(0, std::memory_order_relaxed); }

 private:
  [[gnu::noinline, gnu::cold]] void wait() noexcept {
    long sleep_ns = kShortestSleepNs;
    for (;;) {
      for (int i = 0; i != kPauses; ++i) pause();
      if (is_taken_now()) return;
      const timespec timeout{0, sleep_ns};
      raw_syscall(SYS_futex, &state_, FUTEX_WAIT_PRIVATE, 1, &timeout);
      if (sleep_ns < kLongestSleepNs) sleep_ns *= 2;
      if (is_taken_now()) return;
    }
  }
  bool is_taken_now() noexcept {
    return state_.load(std::memory_order_relaxed) == 0 && state_.exchange(1, std::memory_order_acquire) == 0;
  }
  static void pause() noexcept {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
  }

  static constexpr int kPauses = 128, kSoonLooks = 1000;
  static constexpr long kShortestSleepNs = 100'000, kLongestSleepNs = 1'000'000;
  std::atomic<std::uint32_t> state_{};
};

}  // namespace weir::platform
