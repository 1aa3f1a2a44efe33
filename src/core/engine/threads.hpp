// How a thread comes under watch, and how it leaves. The engine's own.
#pragma once

namespace weir::engine {

/// After the tables, before the first count. False: no memory.
[[nodiscard]] bool prepare_threads() noexcept;

/// From the constructor on: threads that end hand their counters on.
void watch_thread_exits() noexcept;

/// In a forked child, single-threaded: other threads are gone, whatever they held.
void reset_lone() noexcept;

}  // namespace weir::engine
