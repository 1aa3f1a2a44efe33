// The globals of weir, and the questions that every path asks of them. Only the engine includes this.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

#include "core/config/config.hpp"
#include "core/engine/engine.hpp"
#include "core/engine/mode.hpp"
#include "core/engine/thread_state.hpp"
#include "core/profile/profile.hpp"
#include "core/track/track.hpp"

namespace weir::engine {

/// Alone on a page that reads zero in a forked child, so that the child's first operation takes the slow path, however
/// the fork was made.
struct Guard {
  std::uint64_t generation;
  std::uint32_t claim;  ///< 1: a thread of the child is about to begin its profile
};

[[gnu::visibility(
    "hidden")]] extern constinit Guard* g_guard;  ///< points to g_cold_guard until the page is there
[[gnu::visibility("hidden")]] extern constinit std::uint64_t* g_peak_number;  ///< Header.peak_number[Host]
[[gnu::visibility("hidden")]] extern constinit std::uint32_t
    g_first_own_site;  ///< sites below are weir's own, or the parent's before fork
[[gnu::visibility("hidden")]] extern constinit std::atomic<bool>
    g_counting;  ///< false: blocks are tagged but nothing is counted any more
[[gnu::visibility("hidden")]] extern constinit std::atomic<bool>
    g_asks_for_room;  ///< the program has asked for a block's usable size, and may use all of it
[[gnu::visibility("hidden")]] extern constinit profile::Map g_map;
[[gnu::visibility("hidden")]] extern constinit track::Modules g_modules;
[[gnu::visibility("hidden")]] extern constinit track::Sites g_sites;
[[gnu::visibility("hidden")]] extern constinit track::Shards g_shards;

/// What an up-to-date thread's generation is: one more than the guard's, so that neither a new thread (0) nor a forked
/// child (guard 0) has it.
inline std::uint64_t expected_generation() noexcept { return load_relaxed(g_guard->generation) + 1; }

inline profile::Header& header() noexcept { return g_map.header(); }
inline profile::LossCounters& losses() noexcept { return header().losses; }
inline constexpr std::size_t kHost = static_cast<std::size_t>(profile::Space::Host);

inline std::uint64_t since_start_ns() noexcept {
  return platform::monotonic_ns() - header().started_monotonic_ns;
}
/// The same to some milliseconds, for a quarter of the cost; 0 in the first of them.
inline std::uint64_t coarse_since_start_ns() noexcept {
  const std::uint64_t now = platform::coarse_monotonic_ns(), start = header().started_monotonic_ns;
  return now > start ? now - start : 0;
}

/// First call of the process: config, allocator, tables. Afterwards g_mode is not Cold.
void start_cold() noexcept;

/// Takes note of what the generation says has happened. Afterwards the thread may count.
void enter_thread(ThreadState& self) noexcept;

/// Makes every thread pass through enter_thread() once.
void bump_generation() noexcept;

/// Adds what the thread has not passed on to the process's live bytes, and notes a new peak.
void pass_on(ThreadState& self) noexcept;

/// Looks at the clock; a timeline point and the allocator's statistics when they are due.
void tick(ThreadState& self) noexcept;
/// The same, once in some calls: a free of CUDA memory is worth so many operations on the heap.
inline void tick_after_free(ThreadState& self) noexcept {
  constexpr std::uint32_t kWorth = 128;
  if (self.ticks > kWorth) [[likely]]
    self.ticks -= kWorth;
  else
    tick(self);
}
/// The last point and statistics, whatever the clock says. `brief`: not if they would be the first: a shell's child that is
/// about to become another program has no history, and there are thousands of them.
void take_last_point(bool brief) noexcept;

/// In a forked child: the timeline and the statistics start anew.
void forget_pulse() noexcept;

/// In a forked child: leaves the parent's file and begins a profile of its own.
void begin_child(ThreadState& self) noexcept;

/// Opens the profile file by the pattern, or the nearest place that works. For the process and for forked children.
void open_profile() noexcept;
/// In a forked child, single-threaded.
void reset_place_lock() noexcept;
/// Prepares what open_profile() needs, while the environment and the working directory are still the first.
void resolve_pattern() noexcept;
/// Tells `weir run`, if it is there, where this process's profile is.
void announce_profile() noexcept;
[[nodiscard]] bool is_under_run() noexcept;
/// True unless the process that started this one is recorded too.
[[nodiscard]] bool is_first_of_family() noexcept;
/// True where this process may write to standard error: the same line from everyone would garble the output of shells and
/// build tools. `weir run` speaks for all.
[[nodiscard]] bool may_speak() noexcept;
/// The profile's path as the user would type it from here.
[[nodiscard]] std::string_view shown_profile_path() noexcept;

/// If libraries are gone: what is known of their code is forgotten. Within an operation, or a KeepOut.
void forget_unmapped() noexcept;

/// A line into the profile's warnings; lost when they are full.
void warn(std::string_view line) noexcept;

}  // namespace weir::engine
