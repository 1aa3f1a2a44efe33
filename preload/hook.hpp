// How an exported function is defined, and how it knows who called it.
#pragma once

#include "core/engine/engine.hpp"

/// Defines and exports one replacement. There is no list to keep beside it: tests/shape compares the library's exports
/// with preload/exports.golden.
#define HOOK(Result, name, ...)                                                \
  extern "C" [[gnu::visibility("default")]] Result name(__VA_ARGS__) noexcept; \
  extern "C" Result name(__VA_ARGS__) noexcept

/// Who called the exported function that this stands in. It costs that function a frame.
[[gnu::always_inline]] inline weir::engine::Caller caller() noexcept {
  return weir::engine::caller_of(__builtin_frame_address(0));
}

// caller() costs a frame, which the usual functions would pay even where nothing is recorded. So they ask their one question
// (engine::spend, engine::is_plain_block) and then jump: to jemalloc's, or to these, with the stack as their caller left it.
namespace weir {
/// Blocks of at most half of this are aligned to that half only.
inline constexpr std::size_t kNaturalAlign = 16;
constexpr bool has_by_nature(std::size_t align, std::size_t bytes) noexcept {
  return align <= (bytes > kNaturalAlign / 2 ? kNaturalAlign : kNaturalAlign / 2);
}

[[nodiscard]] void* recorded_malloc(std::size_t bytes) noexcept;
void recorded_free(void* block) noexcept;
void recorded_free_sized(void* block, std::size_t bytes) noexcept;
}  // namespace weir
