// What a signal handler gets that interrupted this thread inside weir or jemalloc.
//
// Their state is half changed then, so the handler keeps out: its blocks come from glibc's allocator, which nobody else
// uses, and its frees wait until the thread is out. Such blocks are counted (LossCounters), not recorded.
// The engine's own.
#pragma once

#include <cstddef>

#include "core/engine/engine.hpp"
#include "core/engine/thread_state.hpp"

namespace weir::engine {

/// Asked when `self.inside()`: false, after setting it right, when a handler has left by longjmp and the call that set it
/// is long gone.
[[nodiscard]] bool is_inside(ThreadState& self, Caller caller) noexcept;

[[nodiscard]] void* alloc_in_handler(std::size_t bytes) noexcept;
[[nodiscard]] void* alloc_zeroed_in_handler(std::size_t bytes) noexcept;
[[nodiscard]] void* alloc_aligned_in_handler(std::size_t bytes, std::size_t align) noexcept;

/// The block is freed by the thread's next operation.
void defer_free(ThreadState& self, void* block) noexcept;
/// Frees what was deferred. At the beginning of an operation, before it has touched anything.
void free_deferred(ThreadState& self) noexcept;

}  // namespace weir::engine
