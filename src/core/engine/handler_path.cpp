#include "core/engine/handler_path.hpp"

#include <signal.h>

#include "core/engine/foreign.hpp"
#include "core/engine/state.hpp"

namespace weir::engine {
namespace {

void note() noexcept {
  if (t_self.quiet) return;  // foreign code that weir asks
  if (g_map.exists() && load_relaxed(g_guard->generation) != 0) add_shared(losses().blocks_in_handlers, 1);
}

bool is_on_alternate_stack() noexcept {
  if (!platform::may(platform::Right::AskStack)) return true;  // then nothing is thought to be over
  stack_t now{};
  platform::raw_syscall(SYS_sigaltstack, nullptr, &now);
  return (now.ss_flags & SS_ONSTACK) != 0;
}

}  // namespace

bool is_inside(ThreadState& self, Caller caller) noexcept {
  const auto here = reinterpret_cast<std::uintptr_t>(caller.slot);
  constexpr std::uintptr_t kOneStack = 1U << 20;
  // Stacks grow downwards: whoever interrupted the call is below it, unless it runs on a stack elsewhere.
  const bool is_gone =
      here >= self.inside_frame && here - self.inside_frame < kOneStack && !is_on_alternate_stack();
  if (is_gone) self.inside_frame = 0;
  return !is_gone;
}

void* alloc_in_handler(std::size_t bytes) noexcept {
  note();
  return next_malloc(bytes);
}
void* alloc_zeroed_in_handler(std::size_t bytes) noexcept {
  note();
  return next_calloc(bytes);
}
void* alloc_aligned_in_handler(std::size_t bytes, std::size_t align) noexcept {
  note();
  return next_memalign(align, bytes);
}

void defer_free(ThreadState& self, void* block) noexcept {
  *static_cast<void**>(block) = self.deferred;
  self.deferred = block;
  ++self.deferred_count;
  self.generation = 0;  // the next operation goes through enter_thread()
}

void free_deferred(ThreadState& self) noexcept {
  const std::uintptr_t frame = self.inside_frame;
  self.inside_frame = 0;
  // Counted, because a block that handlers freed twice makes the list a ring.
  while (self.deferred_count != 0) {
    void* block = self.deferred;
    self.deferred = *static_cast<void**>(block);
    --self.deferred_count;
    host_free(block, caller_of(__builtin_frame_address(0)));
  }
  self.inside_frame = frame;
}

}  // namespace weir::engine
