// Proof that the device is done with what was submitted before: fences over all the work of a set of contexts.
//
//   put_fence   cuCtxRecordEvent in each, where the driver has it; an event in each of its streams, elsewhere
//   wait_for    cuCtxSynchronize in each: what the driver's own free waits for
//
// None of it happens while a stream is captured (captures.hpp), and none of it in a context that is about to end.
#pragma once

#include <cstdint>

#include "core/cuda/contexts_seen.hpp"
#include "core/pool/pool.hpp"

namespace weir::cuda {

struct ContextSet {
  std::uint64_t bits[kMostContexts / 64];
  void add(int number) noexcept { bits[number / 64] |= std::uint64_t{1} << number % 64; }
  [[nodiscard]] bool has(int number) const noexcept { return (bits[number / 64] >> number % 64 & 1) != 0; }
};

/// The context and those that may reach its memory.
[[nodiscard]] ContextSet users_of_memory_in(int context) noexcept;
/// All that are alive.
[[nodiscard]] ContextSet all_contexts() noexcept;

/// One fence: a slot with the events of all its contexts. All-zero: none.
struct Fence {
  std::uint32_t slot_plus_one;
};

/// False: not now; nothing has happened. A context that has ended meanwhile needs no event.
[[nodiscard]] bool put_fence(const ContextSet& contexts, Fence& fence) noexcept;
[[nodiscard]] pool::Progress look_at(const Fence& fence) noexcept;
/// Its events may be used again.
void drop_fence(Fence& fence) noexcept;

/// Waits for all work of these contexts; the first error. The current context is the same before and after.
[[nodiscard]] CUresult wait_for(const ContextSet& contexts) noexcept;

}  // namespace weir::cuda
