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
