// What is alive of the threads' stacks and registers at the moment of a look through the heap. The engine's own.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/engine/heap_scan.hpp"
#include "core/walk/walk.hpp"

namespace weir::engine {

struct ThreadCounts {
  std::uint32_t threads;            ///< of the process
  std::uint32_t without_registers;  ///< other threads: what only their registers hold is not seen
  std::uint32_t whole_stacks;       ///< of those, how many stacks count from end to end
};

/// What a look needs to know of the threads.
struct ThreadsSeen {
  static constexpr std::size_t kMostWords = std::size_t{1} << 17;  ///< of 16,384 threads

  walk::Holes* holes;                ///< dead parts of stacks are added to it
  std::uintptr_t words[kMostWords];  ///< more roots: from registers, as far as they are known
  std::size_t word_count;
  static constexpr std::size_t kMostMoving = 16384;
  /// A block that is being resized, and how much of it stays as it was meanwhile.
  struct Moving {
    const void* block;
    std::size_t bytes;
  };
  Moving moving[kMostMoving];
  std::size_t moving_count;
  ThreadCounts counts;

  /// A thread that stands still there, and whose stack's bounds are to be found.
  struct Parked {
    std::uintptr_t sp, descriptor;
  };
  static constexpr std::size_t kMostParked = 4096;
  Parked parked[kMostParked];
  std::size_t parked_count;

  void add_word(std::uintptr_t word) noexcept {
    if (word_count != kMostWords) words[word_count++] = word;
  }
};

/// `is_ending`: glibc may be asked where stacks lie. While the process runs it may not, for what this thread is in the middle of
/// may hold its locks; stacks whose bounds are not known count from end to end.
void see_threads(const Ending& ending, bool is_ending, ThreadsSeen& seen) noexcept;

/// In the copy, or where no other thread runs: which blocks the threads are in the middle of at that very instant.
void see_states(ThreadsSeen& seen) noexcept;

}  // namespace weir::engine
