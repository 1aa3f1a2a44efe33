// The macro that defines an exported function.
#pragma once

#include "core/engine/engine.hpp"

/// Defines and exports one replacement. There is no list to keep beside it: tests/shape compares the library's exports
/// with preload/exports.golden.
#define HOOK(Result, name, ...)                                                   \
  extern "C" [[gnu::visibility("default")]] Result name(__VA_ARGS__) noexcept; \
  extern "C" Result name(__VA_ARGS__) noexcept

/// Who called the exported function that this stands in.
#define CALLER() weir::engine::caller_of(__builtin_frame_address(0))
