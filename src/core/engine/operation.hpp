// What every operation on a recorded block begins with. The engine's own.
#pragma once

#include <atomic>

#include "core/engine/state.hpp"
#include "core/host/host.hpp"

namespace weir::engine {

/// One operation of this thread. While it lives, signal handlers keep out (handler_path.hpp).
class Operation {
 public:
  [[gnu::always_inline]] Operation(ThreadState& self, Caller caller) noexcept : self_{self} {
    self.inside_frame = reinterpret_cast<std::uintptr_t>(caller.slot);
    std::atomic_signal_fence(std::memory_order_seq_cst);
    // What has happened since the thread's last call?
    if (self.generation != expected_generation()) [[unlikely]]
      enter_thread(self);
  }
  [[gnu::always_inline]] ~Operation() {
    std::atomic_signal_fence(std::memory_order_seq_cst);
    self_.inside_frame = 0;
  }
  Operation(const Operation&) = delete;
  Operation& operator=(const Operation&) = delete;

 private:
  ThreadState& self_;
};

/// A block of ours as it is found, live or not.
struct Found {
  std::size_t class_bytes;  ///< 0: no block starts on this page
  host::TagReading tag;
  [[nodiscard]] bool is_live() const noexcept {
    return class_bytes != 0 && tag.state == host::TagState::Live;
  }
};

inline Found find(void* block) noexcept {
  const std::size_t class_bytes = host::class_bytes_of(block);
  if (class_bytes == 0 || address_of(block) % 16 != 0) [[unlikely]]
    return {};
  return {class_bytes, host::read_tag(block, class_bytes)};
}

}  // namespace weir::engine
