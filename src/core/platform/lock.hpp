// A lock for slow paths. All-zero is unlocked. It is never held over unwinding, the driver or I/O.
//
// Fork: the engine takes every Lock before fork and lets go in both processes (platform/fork is libc's
// pthread_atfork). After a raw clone the child resets them.
#pragma once

#include <linux/futex.h>

#include <atomic>
#include <cstdint>

#include "core/platform/raw.hpp"

namespace weir::platform {

class Lock {
 public:
  void lock() noexcept {
    std::uint32_t seen = kFree;
    if (state_.compare_exchange_strong(seen, kHeld, std::memory_order_acquire)) return;
    // acquire: whoever waits sees what the holder wrote.
    while (state_.exchange(kContended, std::memory_order_acquire) != kFree)
      raw_syscall(SYS_futex, &state_, FUTEX_WAIT_PRIVATE, kContended, nullptr);
  }
  /// False: it is held, if by this very thread, whom a signal's handler keeps.
  [[nodiscard]] bool try_lock() noexcept {
    std::uint32_t seen = kFree;
    return state_.compare_exchange_strong(seen, kHeld, std::memory_order_acquire);
  }
  void unlock() noexcept {
    // release: pairs with the acquires above.
    if (state_.exchange(kFree, std::memory_order_release) == kContended)
      raw_syscall(SYS_futex, &state_, FUTEX_WAKE_PRIVATE, 1);
  }
  /// After a clone that copied the lock in an unknown state, when only one thread exists.
  void reset() noexcept { state_.store(kFree, std::memory_order_relaxed); }

 private:
  static constexpr std::uint32_t kFree = 0, kHeld = 1, kContended = 2;
  std::atomic<std::uint32_t> state_{};
};

/// Of any class with lock() and unlock().
template <class L>
class Holding {
 public:
  explicit Holding(L& lock) noexcept : lock_{lock} { lock_.lock(); }
  ~Holding() { lock_.unlock(); }
  Holding(const Holding&) = delete;
  Holding& operator=(const Holding&) = delete;

 private:
  L& lock_;
};

}  // namespace weir::platform
