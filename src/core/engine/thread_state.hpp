// What one thread knows. All zero is a valid ThreadState: its generation then differs from the process's, so the
// thread's first operation goes through enter_thread(), which sets up the rest.
#pragma once

#include <cstdint>

#include "core/profile/format.hpp"
#include "core/stack/stack.hpp"
#include "core/track/track.hpp"

namespace weir::engine {

struct ThreadState {
  /// Equal to the process's when nothing happened that this thread has not taken note of: its own start, a fork, a
  /// closed library, the first or last second thread.
  std::uint64_t generation;
  profile::CounterRecord** pages;  ///< counters of this thread's shard, by site / 256
  std::int64_t room;       ///< goes down with live bytes and up again; below 0: pass the difference on
  std::int64_t granted;    ///< `room` when that was last done
  std::int64_t ceiling;    ///< room above this: pass on
  std::int64_t risen;      ///< room below this, and a free comes: live bytes were never higher than now
  const void* last_block;  ///< the newest block, until this thread allocates again
  track::Shard* shard;
  stack::Memory* memory;  ///< of stacks; null: none could be had, stacks are not known then
  /// Stack address of the call that is inside weir or jemalloc: a signal handler must keep out. 0: none is. One word, so
  /// that a handler finds both the mark and the place, or neither.
  std::uintptr_t inside_frame;
  void* deferred;  ///< blocks that signal handlers freed meanwhile, linked through their first word
  std::uint32_t deferred_count;  ///< of them
  std::uint32_t ticks;           ///< operations until the clock is looked at
  bool quiet;                    ///< weir itself calls foreign code: blocks made now are not the program's
  std::uintptr_t fork_frame;     ///< inside_frame before fork
  std::uint8_t exit_rounds;      ///< how often the thread's exit callback ran
  std::uint8_t uncounted_call;   ///< of CUDA's driver, under way: its route, and 1; 0: none
  std::uint32_t listed;          ///< place in the list of threads, plus one (thread_list.hpp)
  const void* moving;            ///< the block that is being resized, and has no tag meanwhile
  std::size_t moving_bytes;      ///< of it, what stays as it was; written first
  std::uint64_t last_cuda;       ///< number of its newest CUDA allocation, until that is freed

  [[nodiscard]] bool inside() const noexcept { return inside_frame != 0; }
};
static_assert(sizeof(ThreadState) <= 160);

[[gnu::visibility("hidden")]] extern constinit thread_local ThreadState t_self
    [[gnu::tls_model("initial-exec")]];

/// While one of these lives, signal handlers keep out of this thread (handler_path.hpp). For what takes locks outside of
/// an allocation. `entered` is false where the thread was inside already: in a handler, where no lock may be taken.
class KeepOut {
 public:
  KeepOut() noexcept : entered{!t_self.inside()} {
    if (entered) t_self.inside_frame = kForever;
  }
  ~KeepOut() {
    if (entered) t_self.inside_frame = 0;
  }
  KeepOut(const KeepOut&) = delete;
  KeepOut& operator=(const KeepOut&) = delete;

  const bool entered;
  static constexpr std::uintptr_t kForever = ~std::uintptr_t{0};  ///< no stack address is above it
};

/// While one of these lives, the blocks that this thread allocates are weir's own.
class Quiet {
 public:
  Quiet() noexcept : before_{t_self.quiet}, memory_{t_self.memory} {
    t_self.quiet = true;
    t_self.memory = nullptr;
  }
  ~Quiet() {
    t_self.quiet = before_;
    t_self.memory = memory_;
  }
  Quiet(const Quiet&) = delete;
  Quiet& operator=(const Quiet&) = delete;

 private:
  bool before_;
  stack::Memory* memory_;
};

}  // namespace weir::engine
