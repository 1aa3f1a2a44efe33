#include "core/engine/capture_site.hpp"

#include "core/engine/state.hpp"

namespace weir::engine {
namespace {

/// A signal handler that jumped out of a capture left `busy` set: the stack has since been unwound past it.
bool is_stale(const ThreadState& self, Caller caller) noexcept {
  const auto here = reinterpret_cast<std::uintptr_t>(caller.slot);
  constexpr std::uintptr_t kOneStack = 1U << 20;
  return self.busy == Busy::Capturing && here > self.busy_frame && here - self.busy_frame < kOneStack;
}

std::uint16_t note_losses(const stack::Stack& stack) noexcept {
  int flags = 0;
  if (stack.truncated) {
    add_shared(losses().stacks_truncated, 1);
    flags |= profile::kSiteTruncated;
  }
  if (stack.incomplete) {
    add_shared(losses().stacks_missing, 1);
    flags |= profile::kSiteNoUnwind;
  }
  return static_cast<std::uint16_t>(flags);
}

}  // namespace

std::uint32_t walk_to_site(stack::Memory& memory, Caller caller) noexcept {
  const stack::Stack stack = stack::capture(memory, caller, g_config.stack_depth.frames);
  const std::uint32_t site =
      g_sites.intern(g_map, g_modules, {stack.pcs, note_losses(stack)}, header().started_monotonic_ns);
  memory.remember(caller, site);
  return site;
}

std::uint32_t capture_site_oddly(ThreadState& self, Caller caller) noexcept {
  if (is_stale(self, caller)) self.busy = Busy::No;
  if (self.busy == Busy::OwnForeign) return static_cast<std::uint32_t>(profile::FixedSite::Untracked);
  if (self.busy == Busy::Capturing) return g_sites.in_handler_site();
  if (self.memory != nullptr) return capture_site(self, caller);
  if (g_counting.load(std::memory_order_relaxed)) add_shared(losses().stacks_missing, 1);
  return g_sites.unknown_site();
}

}  // namespace weir::engine
