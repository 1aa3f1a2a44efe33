// The contexts that the program has, and who may reach whose memory. Kept by the wrappers; read without a lock.
//
//   begin_life            begin_end                    end_over
//   ────────→ Alive ────────────────→ Ending ──────────────────────→ None ──→ another life, of this or another handle
//               ↑                        └ the driver refused ┐
//               └─────────────────────────────────────────────┘
//
// A context's number is its place in a table that never moves. What belongs to a context is kept by its number, not by its
// handle: a program that makes and destroys thousands of contexts uses few numbers. When end_over is called everybody must
// have forgotten what the number stood for.
//
// Not known: contexts of drivers' functions that are not wrapped (cuGLCtxCreate, cuVDPAUCtxCreate), until they are current
// in a call that asks.
#pragma once

#include <cstdint>

#include "core/base/tally.hpp"
#include "core/cuda/driver_api.hpp"

namespace weir::cuda {

inline constexpr std::uint32_t kMostContexts = 128;

enum class Life : std::uint32_t { None, Alive, Ending };

/// Aligned so that threads which use one context do not slow down those that look at another.
struct alignas(64) SeenContext {
  std::uint64_t handle;  ///< 0: unused
  Life life;             ///< written last when a life begins
  std::uint32_t lives;   ///< how many lives have begun here
  std::uint32_t users;   ///< ContextUses
  std::uint8_t device;
  std::uint64_t reached_by[kMostContexts / 64];  ///< numbers of contexts that were given access to its memory
};

/// Not below 0: good. -1: no context that lives, or too many. The context is entered if it is the current one and new.
[[nodiscard]] int number_of_context(CUcontext context) noexcept;
[[nodiscard]] inline SeenContext& seen_context(int number) noexcept;
/// All numbers are below this.
[[nodiscard]] inline std::uint32_t seen_contexts() noexcept;
/// The current context's number; -1: none. One call of the driver.
[[nodiscard]] int current_context() noexcept;

/// False: there may be contexts that touch memory and have no number (more than kMostContexts live, green contexts). Then
/// no fence can be put and nothing can be waited for: pools leave everything to the driver. It never becomes true again.
[[nodiscard]] inline bool are_contexts_known() noexcept;
void some_context_is_unknown() noexcept;
/// Says so in the report, once.
void tell_of_unknown_contexts() noexcept;

/// The program has got this context from the driver. The number, or -1.
int begin_life(CUcontext context, CUdevice device) noexcept;

// Around the driver's function that ends a context.
/// Nobody begins to use it any more. Returns its number when those who do are done (or after kPatienceNs); -1: it has none.
[[nodiscard]] int begin_end(std::uint64_t context) noexcept;
/// After all that is kept by this number is forgotten. `is_over` false: the driver has not ended it.
void end_over(int number, bool is_over) noexcept;

/// The current context of this thread has got access to the memory of `peer`. It stays so when the program takes the access
/// back: work may be under way.
void reach_memory_of(CUcontext peer) noexcept;

/// While one lives, and is true, the context's handle is good though it is not the current one: its end waits.
class ContextUse {
 public:
  explicit ContextUse(int number) noexcept;
  ContextUse(int number, std::uint32_t lives) noexcept;  ///< only of this life
  ~ContextUse();
  ContextUse(const ContextUse&) = delete;
  ContextUse& operator=(const ContextUse&) = delete;
  explicit operator bool() const noexcept { return context_ != nullptr; }

 private:
  SeenContext* context_;
};

namespace detail {
struct SeenContexts {
  std::uint32_t count, is_any_unknown;
  SeenContext all[kMostContexts];
};
[[gnu::visibility("hidden")]] extern constinit SeenContexts g_seen;
}  // namespace detail

inline SeenContext& seen_context(int number) noexcept { return detail::g_seen.all[number]; }
inline std::uint32_t seen_contexts() noexcept { return load_acquire(detail::g_seen.count); }
inline bool are_contexts_known() noexcept { return load_acquire(detail::g_seen.is_any_unknown) == 0; }

/// The life with which something was made is over, and with it all work and events of that context.
[[nodiscard]] bool is_life_over(int number, std::uint32_t lives) noexcept;

}  // namespace weir::cuda
