#include "core/walk/snapshot.hpp"

#include <errno.h>
#include <linux/wait.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "core/platform/platform.hpp"

namespace weir::walk {
namespace {

constexpr int kDone = 77;  ///< the child's exit status after `work`

constexpr rlim_t kMostSeconds = 20;  ///< of the processor, for a copy whose parent does not wait

/// `is_awaited`: it ends with the thread that made it, which waits.
[[noreturn]] void live_in_child(void (*work)(void*) noexcept, void* argument, bool is_awaited) noexcept {
  const rlimit no_core{}, brief{kMostSeconds, kMostSeconds};
  platform::raw_syscall(SYS_prlimit64, 0, RLIMIT_CORE, &no_core, nullptr);
  if (is_awaited)
    platform::raw_syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL);
  else
    platform::raw_syscall(SYS_prlimit64, 0, RLIMIT_CPU, &brief, nullptr);
  work(argument);
  for (;;) platform::raw_syscall(SYS_exit_group, kDone);
}

/// Waits until the child has ended, or the time is over.
void wait_for(long child, std::uint32_t limit_ms) noexcept {
  const bool may_watch = platform::may(platform::Right::Await);
  const platform::File handle{may_watch ? static_cast<int>(platform::raw_syscall(SYS_pidfd_open, child, 0))
                                        : -1};
  if (handle.is_open()) {
    pollfd wanted{.fd = handle.fd(), .events = POLLIN, .revents = 0};
    platform::raw_syscall(SYS_poll, &wanted, 1, limit_ms);
    return;
  }
  // A kernel before 5.3, or a filter.
  const std::uint64_t end = platform::monotonic_ns() + limit_ms * std::uint64_t{1'000'000};
  for (timespec pause{0, 200'000}; platform::monotonic_ns() < end;) {
    siginfo_t info{};
    if (platform::raw_syscall(SYS_waitid, P_PID, child, &info, WEXITED | WNOHANG | WNOWAIT | __WALL,
                              nullptr) != 0 ||
        info.si_pid != 0)
      return;
    platform::raw_syscall(SYS_nanosleep, &pause, nullptr);
  }
}

Snapshot outcome_of(int status) noexcept {
  return (status & 0x7f) == 0 && ((status >> 8) & 0xff) == kDone ? Snapshot::Done : Snapshot::Failed;
}

/// The child's wait status, after ending it where it has not ended itself.
int reap(long child) noexcept {
  int status = 0;
  const long ended = platform::raw_syscall(SYS_wait4, child, &status, WNOHANG | __WALL, nullptr);
  if (ended == child) return status;
  if (ended != 0)
    return SIGKILL;  // the program has waited for it (__WALL): its number may be anybody's by now
  platform::raw_syscall(SYS_kill, child, SIGKILL);
  while (platform::raw_syscall(SYS_wait4, child, &status, __WALL, nullptr) == -EINTR) {
  }
  return status;
}

}  // namespace

Snapshot in_snapshot(void (*work)(void*) noexcept, void* argument, std::uint32_t limit_ms) noexcept {
  const platform::SignalsHeld
      held;  // in the child, too: a fault there ends it, whatever handlers the program has
  const long child = platform::raw_syscall(SYS_clone, 0, nullptr, nullptr, nullptr, nullptr);
  if (child < 0) return Snapshot::None;
  if (child == 0) live_in_child(work, argument, true);
  wait_for(child, limit_ms);
  return outcome_of(reap(child));
}

long start_snapshot(void (*work)(void*) noexcept, void* argument) noexcept {
  const platform::SignalsHeld held;
  const long child = platform::raw_syscall(SYS_clone, 0, nullptr, nullptr, nullptr, nullptr);
  if (child == 0) live_in_child(work, argument, false);
  return child < 0 ? 0 : child;
}

Snapshot look_at(long child, bool end_it) noexcept {
  if (end_it) return outcome_of(reap(child));
  int status = 0;
  const long ended = platform::raw_syscall(SYS_wait4, child, &status, WNOHANG | __WALL, nullptr);
  if (ended == 0) return Snapshot::Running;
  return ended == child ? outcome_of(status) : Snapshot::Failed;
}

}  // namespace weir::walk
