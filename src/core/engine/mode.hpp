// How this process makes its host blocks.
#pragma once

#include <atomic>
#include <cstdint>

#include "core/host/host.hpp"

namespace weir::engine {

/// Decided by the first allocation, for good: a process has tagged blocks only, or none.
enum class Mode : std::uint8_t {
  Cold = 0,  ///< nobody has allocated yet
  Exact,     ///< tagged blocks, counted
  Plain,     ///< jemalloc's blocks as they are
};
[[gnu::visibility("hidden")]] extern constinit std::atomic<Mode> g_mode;
/// The home range when the mode is Plain; else empty. One comparison then answers two questions.
[[gnu::visibility("hidden")]] extern constinit host::HomeRange g_plain_home;

/// The first question of every exported function.
inline bool is_plain() noexcept { return g_mode.load(std::memory_order_relaxed) == Mode::Plain; }
inline bool is_exact() noexcept { return g_mode.load(std::memory_order_relaxed) == Mode::Exact; }

}  // namespace weir::engine
