#include "core/engine/capture_site.hpp"

#include "core/engine/state.hpp"

namespace weir::engine {
namespace {

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
  // The loader allocates before it maps a library: what libc has closed for itself is noticed here, before other code can
  // come to its place. Such a stack is not remembered, so that the next one is walked, too.
  const bool by_loader = platform::is_loader(caller.return_address());
  if (by_loader) {
    forget_unmapped();
    memory.catch_up();
  }
  const stack::Stack stack = stack::capture(memory, caller, g_config.stack_depth.frames);
  const std::uint16_t flags = note_losses(stack);
  // New stacks come in a row: after one, the next is prepared while the memory is still looking whether it is known.
  if (memory.path_was_new) g_sites.prefetch(stack.hash, flags);
  std::uint32_t site = memory.path_was_new ? 0 : g_sites.find(stack.hash, flags);
  if (site == 0) {
    const track::StackView view{stack::path_of(memory), stack.hash, flags};
    site = g_sites.intern(g_map, g_modules, view, header().started_monotonic_ns);
    stack::keep_nodes(memory, view.path);
  }
  if (!by_loader) memory.remember(caller, site);
  return site;
}

std::uint32_t capture_site_without_memory(const ThreadState& self, Caller caller) noexcept {
  if (self.quiet) return static_cast<std::uint32_t>(profile::FixedSite::Untracked);
  if (!g_counting.load(std::memory_order_relaxed)) return g_sites.unknown_site();
  stack::Memory* borrowed = stack::take_memory();
  if (borrowed == nullptr) {
    add_shared(losses().stacks_missing, 1);
    return g_sites.unknown_site();
  }
  const std::uint32_t site = walk_to_site(*borrowed, caller);
  stack::give_back_memory(borrowed);
  return site;
}

}  // namespace weir::engine
