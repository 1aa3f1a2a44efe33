// Proof that the device is done with what was submitted before: fences over all the work of a set of contexts.
//
//   put_fence   cuCtxRecordEvent in each, where the driver has it; elsewhere an event in its legacy stream and one in each
//               of its CU_STREAM_NON_BLOCKING streams
//   look_at     cuEventQuery of those that were not done yet
//   wait_for    cuCtxSynchronize in each: what the driver's own free waits for
//
// None of it happens while a stream is captured (captures.hpp), nor in a context that is about to end. With one context
// each is one call of the driver.
//
// An event in the legacy stream stands behind all work of blocking streams, also of threads' own default streams. It is a
// barrier, too: what a blocking stream gets later waits for what the others got before, where the driver's own free would
// have made the host wait. Only drivers without cuCtxRecordEvent (before 12.5) see that, and only with deferred frees. What
// a destroyed stream still had to do is known by an event that it got at its end.
#pragma once

#include <cstdint>

#include "core/cuda/contexts_seen.hpp"
#include "core/cuda/streams.hpp"
#include "core/pool/pool.hpp"

namespace weir::cuda {

struct ContextSet {
  std::uint64_t bits[kMostContexts / 64];
  void add(int number) noexcept { bits[number / 64] |= std::uint64_t{1} << number % 64; }
  [[nodiscard]] bool has(int number) const noexcept { return (bits[number / 64] >> number % 64 & 1) != 0; }
};

/// The context and those that were given access to its memory: what the driver's own free of a block waits for. Copies from
/// one context's memory to another's need no such access.
[[nodiscard]] ContextSet users_of_memory_in(int context) noexcept;
/// All that are alive, or about to end.
[[nodiscard]] ContextSet all_contexts() noexcept;
/// Are all of those in the set? It has this context at least.
[[nodiscard]] bool has_all_contexts(int context, const ContextSet& set) noexcept;
/// The only one that there has ever been?
[[nodiscard]] inline bool is_first_and_last(int context) noexcept {
  return context == 0 && seen_contexts() == 1;
}
/// What the program waits for in this context is all there is.
[[nodiscard]] bool is_only_context(int context) noexcept;

/// One fence: a slot with the events of all its contexts. All-zero: none.
struct Fence {
  std::uint32_t slot_plus_one;
};

/// False: not now; nothing has happened. A context that has ended meanwhile needs no event; one that has failed for good
/// makes a fence at which look_at answers Broken. Some context must be current.
[[nodiscard]] bool put_fence(const ContextSet& contexts, Fence& fence) noexcept;
/// No other thread looks at the same fence meanwhile.
[[nodiscard]] pool::Progress look_at(const Fence& fence) noexcept;
/// Its events may be used again. Calls nobody.
void drop_fence(Fence& fence) noexcept;

inline constexpr int kAskWhichIsCurrent = -1;

/// Waits for all work of these contexts; the first error. The current context is the same before and after. `current`: its
/// number, for who knows it. Not waited, and so not proven:
///   CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED   a capture is open
///   CUDA_ERROR_NOT_READY                    one of them is about to end
///   CUDA_ERROR_NOT_SUPPORTED                !are_contexts_known()
///   CUDA_ERROR_INVALID_CONTEXT              none is current
[[nodiscard]] CUresult wait_for(const ContextSet& contexts, int current = kAskWhichIsCurrent) noexcept;
/// The same for users_of_memory_in() the current context, whose number this is.
[[nodiscard]] CUresult wait_for_users_in_own(int current) noexcept;

/// The context is gone, with its events.
void events_ended_with(int context) noexcept;
/// Before the driver's cuStreamDestroy: no event is put into the stream any more.
void stream_leaves(CUstream stream, const KnownStream& known) noexcept;

/// Finds what is called of the driver here.
void find_fence_functions() noexcept;

}  // namespace weir::cuda
