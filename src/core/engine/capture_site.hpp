// From the caller of an exported function to a site number.
#pragma once

#include <cstdint>

#include "core/engine/engine.hpp"
#include "core/engine/thread_state.hpp"

namespace weir::engine {

/// When this thread is inside weir already, or has no memory of stacks: a stand-in site; or, when a signal handler has
/// jumped out of a capture, the real one after all.
[[nodiscard]] std::uint32_t capture_site_oddly(ThreadState& self, Caller caller) noexcept;

/// Walks the stack.
[[nodiscard]] std::uint32_t walk_to_site(stack::Memory& memory, Caller caller) noexcept;

/// The site of this caller.
[[nodiscard, gnu::always_inline]] inline std::uint32_t capture_site(ThreadState& self, Caller caller) noexcept {
  if (self.busy != Busy::No || self.memory == nullptr) [[unlikely]] return capture_site_oddly(self, caller);
  self.busy_frame = reinterpret_cast<std::uintptr_t>(caller.slot);
  self.busy = Busy::Capturing;
  std::uint32_t site = self.memory->recall(caller);
  if (site == 0) [[unlikely]] site = walk_to_site(*self.memory, caller);
  self.busy = Busy::No;
  return site;
}

}  // namespace weir::engine
