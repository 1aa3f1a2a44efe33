// The call stack of whoever called an exported function, as return addresses, youngest first.
//
// Safety: inside malloc, any thread, also in signal handlers; allocates nothing, takes no lock of the loader's. The
// caller makes sure that a capture is not entered again on the same thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/base/path_frame.hpp"
#include "core/stack/trace.hpp"

namespace weir::stack {

/// Where an exported function was called from. The function has made a frame as its first act, and it still stands:
///     slot - 1: the caller's rbp │ slot: return address │ … caller's frame
struct Caller {
  const std::uintptr_t* slot;
  [[nodiscard]] std::uintptr_t return_address() const noexcept { return slot[0]; }
  [[nodiscard]] std::uintptr_t rbp() const noexcept { return slot[-1]; }
};

struct Stack {
  StackHash hash;   ///< of the frames that were wanted
  bool truncated;   ///< there were older frames than the depth allows
  bool incomplete;  ///< the walk met a frame that it could not pass: older frames are missing
};

inline constexpr std::size_t kMaxDepth = 256;

/// Name of the unwinder in use.
[[nodiscard]] const char* unwinder_name() noexcept;

class Memory;  // what a thread remembers of its stacks: memory.hpp

/// Walks the stack: at most `depth` <= kMaxDepth frames, which are then Memory::frames, until its next use.
[[nodiscard]] Stack capture(Memory& memory, Caller caller, std::size_t depth) noexcept;
/// The frames of the last capture, youngest first, beyond `depth` too, up to the first one that has a node. Lies in
/// `memory`.
[[nodiscard]] std::span<PathFrame> path_of(Memory& memory) noexcept;
/// Notes the nodes that the caller has found for the path.
void keep_nodes(Memory& memory, std::span<const PathFrame> path) noexcept;

/// After a library was closed: what is known of code addresses no longer holds.
void forget_code() noexcept;

/// After the meanings of stacks have changed: every memory forgets them before its next use.
void forget_meanings() noexcept;

/// In a forked child, single-threaded: locks that other threads may have held are free.
void reset_after_fork() noexcept;

/// Bytes taken for the unwinder's tables.
[[nodiscard]] std::uint64_t own_bytes() noexcept;

}  // namespace weir::stack

#include "core/stack/memory.hpp"  // the other half of this face
