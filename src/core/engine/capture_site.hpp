// From the caller of an exported function to a site number.
#pragma once

#include <cstdint>

#include "core/engine/engine.hpp"
#include "core/engine/thread_state.hpp"

namespace weir::engine {

/// For a thread that has no memory of stacks: it is quiet, or ends.
[[nodiscard]] std::uint32_t capture_site_without_memory(const ThreadState& self, Caller caller) noexcept;

/// Walks the stack.
[[nodiscard]] std::uint32_t walk_to_site(stack::Memory& memory, Caller caller) noexcept;

/// The site of this caller.
[[nodiscard, gnu::always_inline]] inline std::uint32_t capture_site(const ThreadState& self,
                                                                    Caller caller) noexcept {
  if (self.memory == nullptr) [[unlikely]]
    return capture_site_without_memory(self, caller);
  const std::uint32_t site = self.memory->recall(caller);
  return site != 0 ? site : walk_to_site(*self.memory, caller);
}

}  // namespace weir::engine
