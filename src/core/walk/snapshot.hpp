// The process as it is at one instant: a forked child that nobody notices, in which everything stands still.
#pragma once

#include <cstdint>

namespace weir::walk {

enum class Snapshot {
  Done,     ///< `work` has returned
  Failed,   ///< the child died, or `work` did not return in time and the child was ended
  None,     ///< no child could be made
  Running,  ///< not yet either: only look_at() says so
};

/// Runs `work` in a copy of this process and waits for it, at most `limit_ms`. The copy is made by the kernel alone: no
/// handlers of fork, no SIGCHLD, invisible to the program's wait(). `work` may use raw system calls only, and tells what it
/// found through memory that is shared.
[[nodiscard]] Snapshot in_snapshot(void (*work)(void* argument) noexcept, void* argument,
                                   std::uint32_t limit_ms) noexcept;

/// The same without waiting, for at most a few seconds of the copy's own work. Its number; 0: no child could be made.
[[nodiscard]] long start_snapshot(void (*work)(void* argument) noexcept, void* argument) noexcept;

/// How such a copy stands; once Done or Failed it is gone. `end_it`: it has taken too long.
[[nodiscard]] Snapshot look_at(long child, bool end_it) noexcept;

}  // namespace weir::walk
