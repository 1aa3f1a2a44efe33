#include "core/engine/handler_path.hpp"

#include "core/engine/state.hpp"

// glibc's own allocator, under the names that it keeps for those who replace it.
extern "C" {
void* __libc_malloc(std::size_t bytes);
void* __libc_calloc(std::size_t count, std::size_t each);
void* __libc_memalign(std::size_t align, std::size_t bytes);
}

namespace weir::engine {
namespace {

void note() noexcept { add_shared(losses().blocks_in_handlers, 1); }

}  // namespace

bool is_inside(ThreadState& self, Caller caller) noexcept {
  const auto here = reinterpret_cast<std::uintptr_t>(caller.slot);
  constexpr std::uintptr_t kOneStack = 1U << 20;
  // Stacks grow downwards: whoever interrupted the call is below it, unless it runs on a stack elsewhere.
  const bool is_gone = here > self.inside_frame && here - self.inside_frame < kOneStack;
  if (is_gone) self.inside = false;
  return !is_gone;
}

void* alloc_in_handler(std::size_t bytes) noexcept {
  note();
  return __libc_malloc(bytes);
}
void* alloc_zeroed_in_handler(std::size_t bytes) noexcept {
  note();
  return __libc_calloc(1, bytes);
}
void* alloc_aligned_in_handler(std::size_t bytes, std::size_t align) noexcept {
  note();
  return __libc_memalign(align, bytes);
}

void defer_free(ThreadState& self, void* block) noexcept {
  *static_cast<void**>(block) = self.deferred;
  self.deferred = block;
  self.generation = 0;  // the next operation goes through enter_thread()
}

void free_deferred(ThreadState& self) noexcept {
  const bool inside = self.inside;
  const std::uintptr_t frame = self.inside_frame;
  self.inside = false;
  while (void* block = self.deferred) {
    self.deferred = *static_cast<void**>(block);
    exact_free(block, caller_of(__builtin_frame_address(0)));
  }
  self.inside_frame = frame;
  self.inside = inside;
}

}  // namespace weir::engine
