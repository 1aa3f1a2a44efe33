// A captured stack with its return addresses, as tests look at it. They lie in a buffer of the thread, until its next use.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/stack/stack.hpp"

namespace weir::test {

struct Captured : stack::Stack {
  std::span<const std::uintptr_t> pcs;  ///< youngest first
};

inline Captured captured(stack::Memory& memory, stack::Caller caller, std::size_t depth) {
  static thread_local std::uintptr_t pcs[stack::kMaxDepth];
  const stack::Stack stack = stack::capture(memory, caller, depth);
  for (std::size_t i = 0; i != memory.frame_count; ++i) pcs[i] = memory.frames[i].pc;
  return {stack, {pcs, memory.frame_count}};
}

}  // namespace weir::test
