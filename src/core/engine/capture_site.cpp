#include "core/engine/capture_site.hpp"

#include "core/engine/state.hpp"

namespace weir::engine {
namespace {

/// A signal handler that jumped out of a capture left `busy` set: the stack has since been unwound past it.
bool is_stale(const ThreadState& self) noexcept {
  const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
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

[[gnu::noinline]] std::uint32_t walk_to_site(stack::Memory& memory, const Caller& caller) noexcept {
  const stack::Stack stack = stack::capture(memory, caller, g_config.stack_depth.frames);
  const std::uint32_t site =
      g_sites.intern(g_map, g_modules, {stack.pcs, note_losses(stack)}, header().started_monotonic_ns);
  memory.remember(caller, site);
  return site;
}

std::uint32_t site_without_memory() noexcept {
  add_shared(losses().stacks_missing, 1);
  return g_sites.unknown_site();
}

}  // namespace

std::uint32_t capture_site(ThreadState& self, const Caller& caller) noexcept {
  if (self.busy != Busy::No && !is_stale(self)) [[unlikely]]
    return self.busy == Busy::Capturing ? g_sites.in_handler_site()
                                        : static_cast<std::uint32_t>(profile::FixedSite::Untracked);
  if (self.memory == nullptr) [[unlikely]] return site_without_memory();
  self.busy_frame = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
  self.busy = Busy::Capturing;
  std::uint32_t site = self.memory->recall(caller);
  if (site == 0) [[unlikely]] site = walk_to_site(*self.memory, caller);
  self.busy = Busy::No;
  return site;
}

}  // namespace weir::engine
