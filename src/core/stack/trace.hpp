// The frames of one capture, kept by the thread: the next one begins where it differs.
//
//   frames │ unused …        │ youngest │ … │ oldest │     grows towards the front: a new young part is put before an old
//                            ↑ top()                 ↑ kMost       one that stays where it is
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/stack_hash.hpp"

namespace weir::stack {

/// One frame, and what the walk did from there. A cache line.
struct Frame {
  std::uintptr_t slot;    ///< where the return address lies: the frame's rsp is slot + 8
  std::uintptr_t pc;      ///< return address
  std::uintptr_t rbp;     ///< frame pointer register; the true one only where kUsesRbp
  std::uintptr_t rbp_at;  ///< the word that it was read from
  std::uintptr_t cfa_at;  ///< the word that the CFA was read from; 0: it was computed
  StackHash hash;         ///< from the oldest frame up to this one
  std::uint32_t flags;
  std::uint32_t node;  ///< what the stack from the oldest frame up to this one was interned as; 0: not yet

  static constexpr std::uint32_t kUsesRbp = 1;  ///< the place of the next frame depends on rbp
  static constexpr std::uint32_t kSetsRbp = 2;  ///< the next frame's rbp was read from memory
  static constexpr std::uint32_t kStepAgain =
      4;                                       ///< an odd rule, or none: only a new step tells the next frame
  static constexpr std::uint32_t kUnlike = 8;  ///< depends on more than the words of the stack
};
static_assert(sizeof(Frame) == 64);

struct Trace {
  static constexpr std::size_t kMost = 512;

  std::size_t count;        ///< 0: nothing to join
  Frame frames[kMost + 1];  ///< the last one is none: its slot is above all others

  [[nodiscard]] std::size_t top() const noexcept { return kMost - count; }
};

}  // namespace weir::stack
