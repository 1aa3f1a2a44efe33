// Which threads there are, and where their stacks lie: for the look through the heap (heap_scan.hpp). The engine's own.
//
// A thread is listed from its first allocation to its last destructor. A glibc stack that its thread has left is kept by
// glibc for the next one, with whatever was on it: those are listed, too, until a thread lives there again.
#pragma once

#include <cstdint>

#include "core/engine/thread_state.hpp"

namespace weir::engine {

struct StackRange {
  std::uintptr_t low, high;  ///< both 0: unknown
};

/// Lists the calling thread. When it comes under watch.
void list_thread(ThreadState& self) noexcept;
/// Takes it off, and remembers its stack. `is_past`: it runs no more code of the program's.
void unlist_thread(ThreadState& self) noexcept;

/// In a forked child, single-threaded: there is nobody but the calling thread, and nobody's stack is known to be dead.
void relist_after_fork(ThreadState& self) noexcept;

/// One listed thread, while the list is held.
struct ListedThread {
  const ThreadState* state;
  std::uint32_t tid;
  std::uintptr_t descriptor;  ///< glibc's, at the upper end of the stack
  StackRange stack;
};

/// Calls `see` for each listed thread, then `dead` for each stack that nobody lives on. No thread is listed or ends meanwhile.
/// Not in a signal handler. Without `ask_stacks` threads' stacks are not known, and glibc is not asked.
void each_thread(void (*see)(const ListedThread& thread, void* argument) noexcept,
                 void (*dead)(StackRange stack, void* argument) noexcept, bool ask_stacks,
                 void* argument) noexcept;

/// The same for their states alone, as they are in a copy of the process: without the lock, which nobody gives back there.
void each_state(void (*see)(const ThreadState& state, void* argument) noexcept, void* argument) noexcept;

/// The calling thread's, as glibc knows it.
[[nodiscard]] StackRange own_stack() noexcept;

}  // namespace weir::engine
