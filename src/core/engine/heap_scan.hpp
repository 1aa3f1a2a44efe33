// The look through the heap: which live blocks nothing points to any more, at the end of the process. The engine's own.
#pragma once

#include <cstdint>

#include "core/stack/stack.hpp"

namespace weir::engine {

/// From where on the calling thread's stack is the program's. Both 0: its whole stack counts.
struct Ending {
  std::uintptr_t stack_from;  ///< known: what lies below is the ending's own
  stack::Caller handler;      ///< or: who called the exit handler
};

/// Judges every live block and puts the verdicts into the profile, once, as the process ends. Not in a signal handler.
void scan_heap(const Ending& ending) noexcept;

}  // namespace weir::engine
