// Which system calls of weir's own this process has forbidden itself, by a seccomp filter or by strict mode.
//
// A forbidden call is not tried: what answers it may be the end of the process. Who needs one asks first, and does without.
#pragma once

#include <linux/filter.h>

#include <atomic>
#include <cstdint>

namespace weir::platform {

/// What weir does by system calls that a program without it would not make, or not so.
enum class Right : std::uint32_t {
  ReadFiles = 1U << 0,   ///< open, read, close, stat, readlink, getcwd
  WriteFiles = 1U << 1,  ///< open for writing, fallocate, pwrite, ftruncate, mmap of a file
  AskPages = 1U << 2,    ///< is this address mapped? (rt_sigprocmask)
  Futex = 1U << 3,
  WhoAmI = 1U << 4,  ///< getpid, getppid
  Speak = 1U << 5,   ///< a line on standard error, without raising a signal
  Map = 1U << 6,     ///< anonymous mmap
  MapInPlace = 1U << 7,
  Populate = 1U << 8,   ///< mmap with MAP_POPULATE
  Move = 1U << 9,       ///< mremap
  GiveBack = 1U << 10,  ///< madvise: these pages are not needed (MADV_DONTNEED)
  Advise = 1U << 11,    ///< madvise: large pages, pages at once
  AskStack = 1U << 12,  ///< sigaltstack
  Yield = 1U << 13,
  Clock = 1U << 14,   ///< clock_gettime where the vdso has to ask the kernel: coarse clocks are read without
  Random = 1U << 15,  ///< getrandom
  Snapshot = 1U << 16,   ///< a copy of the process, and what it takes to look at the threads (core/walk)
  Await = 1U << 17,      ///< pidfd_open: to wait for such a copy without asking again and again
  NameFiles = 1U << 18,  ///< a file without a name (O_TMPFILE), and to give it one
};
using Rights = std::uint32_t;  ///< a set of them
inline constexpr Rights kAllRights = (1U << 19) - 1;

[[gnu::visibility("hidden")]] extern constinit std::atomic<Rights> g_lost_rights;

[[nodiscard]] inline bool may(Right right) noexcept {
  return (g_lost_rights.load(std::memory_order_relaxed) & static_cast<Rights>(right)) == 0;
}

/// What a filter takes away: every right one of whose calls it answers with anything but "allowed". A program that is no
/// filter takes all.
[[nodiscard]] Rights rights_lost_by(const sock_fprog& filter) noexcept;

/// At start: filters that stood before the program. What they allow cannot be read; what is usual is taken to be allowed, and
/// three rights count as lost. A copy of the process may be made where the parent stands in the same filters, for it has made
/// this process in them, and in a container, whose filters let processes be made.
void learn_standing_filters() noexcept;

/// This process and its parent; 0: that may not be asked any more.
[[nodiscard]] std::uint32_t own_pid() noexcept;
[[nodiscard]] std::uint32_t parent_pid() noexcept;

/// True if the 8 bytes at `at`, a multiple of 8, can be read. Where the kernel may not be asked any more: only what it tells
/// a thread in another way.
[[nodiscard]] bool is_readable(std::uintptr_t at) noexcept;

/// While the kernel may be asked: where the calling thread's stack lies, if it is the process's first, for is_readable().
void learn_first_stack() noexcept;

}  // namespace weir::platform
