// A preload that holds every N-th captured stack of a real program against libunwind's. For tests only.
//
// It uses the stack module as the product does: every allocation is recalled, or captured and remembered, in its thread's
// memory. So what a capture may get wrong because of the ones before it goes wrong here too. Only the comparison is for
// every N-th call.
//
//   WEIR_JUDGE_OUT=FILE    each process appends one line of JSON when it ends or is replaced
//   WEIR_JUDGE_EVERY=N     compare every N-th allocation
//   WEIR_JUDGE_DEPTH=N     frames of each stack
//   WEIR_JUDGE_WITHOUT_GLIBC=1   find code as with a glibc that does not say where it is
//   WEIR_JUDGE_BREAK=N     falsify every N-th stack compared, to see that it is noticed
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/stack/stack.hpp"

namespace weir::judge {

struct Settings {
  const char* out;
  std::uint64_t every, broken_every;
  std::size_t depth;
};
inline constinit Settings g_settings{.out = nullptr, .every = 0, .broken_every = 0, .depth = 64};

/// What one process saw. Added to by all threads.
struct Counts {
  std::uint64_t calls, walked, recognised;
  std::uint64_t compared, recognised_compared;
  std::uint64_t differences, wrongly_recognised;
  std::uint64_t incomplete, truncated;
  std::uint64_t skipped;  ///< in a handler that interrupted the judge, or while another thread compares
  std::uint64_t without_room;
};
inline constinit Counts g_counts{};

inline void count(std::uint64_t& counter) noexcept { __atomic_fetch_add(&counter, 1, __ATOMIC_RELAXED); }

// libunwind is loaded for the judge alone: linked, it would also throw the program's exceptions.
[[nodiscard]] bool load_libunwind() noexcept;
/// The caller's return address and those of all older frames, at most `out.size()`; how many. No lock of ours is held
/// by another thread meanwhile.
[[nodiscard]] std::size_t unwind(const stack::Caller& caller, std::span<std::uintptr_t> out) noexcept;

/// The number of a stack, the same in the whole process; 0: there is no room for another.
[[nodiscard]] std::uint32_t number_of(std::uint64_t hash) noexcept;
[[nodiscard]] std::uint64_t hash_of_number(std::uint32_t number) noexcept;
[[nodiscard]] std::uint64_t hash_of(std::span<const std::uintptr_t> pcs, bool truncated) noexcept;

/// An allocation by `caller`.
void see(stack::Caller caller) noexcept;
void library_closed() noexcept;

/// Keeps the first few differences for the result.
void describe(const char* what, std::span<const std::uintptr_t> ours,
              std::span<const std::uintptr_t> theirs) noexcept;
/// Appends the result, and begins to count anew. Nothing in a child that shares its parent's memory.
void write_result() noexcept;
void begin_result() noexcept;

}  // namespace weir::judge
