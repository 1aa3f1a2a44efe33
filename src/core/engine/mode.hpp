// How this process makes its host blocks, and the question that decides it for most calls.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "core/base/tally.hpp"
#include "core/host/host.hpp"

namespace weir::engine {

/// Decided by the first allocation, for good.
enum class Mode : std::uint8_t {
  Cold = 0,  ///< nobody has allocated yet
  Exact,     ///< every block is tagged and counted
  Sampled,   ///< some blocks are, in an address range of their own; the others are plain
  Plain,     ///< jemalloc's blocks as they are
  Aside,     ///< none of ours: a sanitizer has a malloc that the program needs (company.hpp)
};
[[gnu::visibility("hidden")]] extern constinit std::atomic<Mode> g_mode;
/// The home range when plain blocks live there (Sampled, Plain); else empty.
[[gnu::visibility("hidden")]] extern constinit host::HomeRange g_plain_home;

inline bool is_exact() noexcept { return g_mode.load(std::memory_order_relaxed) == Mode::Exact; }
inline bool is_sampled() noexcept { return g_mode.load(std::memory_order_relaxed) == Mode::Sampled; }

inline bool is_aside() noexcept { return g_mode.load(std::memory_order_relaxed) == Mode::Aside; }

/// Bytes that this thread may allocate before the next allocation must look closer. Sampled: what is left until the next
/// drawn byte; Plain: plenty; Exact: always 0. 0 means that nothing was drawn yet, so zeroed memory is a valid start.
[[gnu::visibility("hidden"),
  gnu::tls_model("initial-exec")]] extern constinit thread_local std::uint64_t t_budget;

/// The first question of every allocating function, the same in all modes: true, and the block is to be jemalloc's own,
/// unrecorded. Once per request.
[[nodiscard, gnu::always_inline]] inline bool spend(std::size_t bytes) noexcept {
  // A load and a store of one thread's word: a signal handler that allocates between the two is forgotten, no more.
  const std::uint64_t left = load_relaxed(t_budget);
  if (left <= bytes) [[unlikely]]
    return false;
  store_relaxed(t_budget, left - bytes);
  return true;
}

/// The first question of every freeing function: true for a block that jemalloc's free may have at once. Nothing is
/// recorded of it, and it is one of ours.
[[nodiscard]] inline bool is_plain_block(const void* block) noexcept {
  return address_of(block) - g_plain_home.base < g_plain_home.bytes;
}

}  // namespace weir::engine
