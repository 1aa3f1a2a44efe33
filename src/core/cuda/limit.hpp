// WEIR_DEVICE_LIMIT: devices are smaller than they are. What would go beyond is refused before the driver is called.
//
// What counts is what the books call live on the device, as requested, of all kinds; and what is being asked for now:
//
//   Room ─→ set aside ─→ driver ─┬ yes ─→ counted by the books, and no longer set aside (handover)
//                                └ no  ─→ no longer set aside
//
// Managed memory has no limit, and memory nodes of graphs, those of captures too, are never refused.
#pragma once

#include <cstdint>

#include "core/config/config.hpp"
#include "core/cuda/call.hpp"
#include "core/engine/engine.hpp"

namespace weir::cuda {

inline constexpr std::uint64_t kNoLimit = ~std::uint64_t{0};

[[nodiscard]] inline bool has_limit() noexcept { return engine::options().device_limit.is_set(); }
/// Bytes; kNoLimit where there is none, or the device does not say how large it is.
[[nodiscard]] std::uint64_t limit_of(std::uint8_t device) noexcept;

/// Room for one allocation of device memory, while it is made. It lives as long as the body of the wrapped function.
class Room {
 public:
  /// On the current device. Without a context there is nothing to refuse: the driver will.
  Room(Call& call, std::uint64_t bytes) noexcept {
    if (has_limit()) [[unlikely]]
      enter_current(call, bytes);
  }
  Room(Call& call, std::uint8_t device, std::uint64_t bytes) noexcept {
    if (has_limit()) [[unlikely]]
      enter(call, device, bytes);
  }
  Room(const Room&) = delete;
  Room& operator=(const Room&) = delete;
  ~Room() {
    if (state_ == State::SetAside) [[unlikely]]
      leave();
  }

  /// The program is to be told so (refuse()), or served in another way; the driver is not to be called.
  [[nodiscard]] bool is_refused() const noexcept { return state_ == State::Refused; }
  /// Records that memory ran out. What the program gets.
  [[nodiscard]] CUresult refuse() const noexcept;

  // Around the moment at which the books count the block.
  void begin_handover() noexcept;
  void end_handover() noexcept;

 private:
  enum class State : std::uint8_t { NoLimit, SetAside, Refused };

  void enter_current(Call& call, std::uint64_t bytes) noexcept;
  void enter(Call& call, std::uint8_t device, std::uint64_t bytes) noexcept;
  void leave() noexcept;

  Call* call_ = nullptr;
  std::uint64_t bytes_ = 0;  ///< that were asked for
  std::uint8_t device_ = 0;
  State state_ = State::NoLimit;
};

}  // namespace weir::cuda
