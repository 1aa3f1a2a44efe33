// Stream captures that the program has open. While there is one, weir asks the driver nothing that could spoil it.
#pragma once

#include <atomic>
#include <cstdint>

#include "core/base/tally.hpp"
#include "core/cuda/driver_api.hpp"

namespace weir::cuda {

/// A capture is open, or is about to be. It may have begun when this returns false: what could spoil it belongs into a
/// Housekeeping.
[[nodiscard]] inline bool is_any_stream_capturing() noexcept;
/// The program has begun one at some time.
[[nodiscard]] inline bool was_any_stream_captured() noexcept;

/// Does work on this stream go into a graph?
[[nodiscard]] bool is_capturing(CUstream stream) noexcept;

/// While one lives, and is true, no capture is open and none begins: that waits. For calls of the driver which return at
/// once; for one that waits for the device a capture waits kLongestStart at most, by when that call has begun, and harms
/// no capture that begins after it.
class Housekeeping {
 public:
  enum class Lasts : std::uint8_t { Briefly, Long };
  explicit Housekeeping(Lasts lasts = Lasts::Briefly) noexcept;
  ~Housekeeping();
  Housekeeping(const Housekeeping&) = delete;
  Housekeeping& operator=(const Housekeeping&) = delete;
  explicit operator bool() const noexcept { return keepers_ != nullptr; }

  static constexpr std::uint64_t kLongestStartNs = 20'000'000;

 private:
  std::uint32_t* keepers_;
};

namespace detail {
[[gnu::visibility("hidden")]] extern constinit std::atomic<int> g_open_captures;
[[gnu::visibility("hidden")]] extern constinit std::uint32_t g_was_any_captured;
}  // namespace detail

inline bool is_any_stream_capturing() noexcept {
  return detail::g_open_captures.load(std::memory_order_relaxed) != 0;
}
inline bool was_any_stream_captured() noexcept { return load_acquire(detail::g_was_any_captured) != 0; }

/// Returns when the brief ones of other threads that were there are over (or after kPatienceNs).
void let_housekeeping_end() noexcept;

// Captures that nobody ends: they went with their stream, or with its context.
void capture_ended_with(CUstream stream) noexcept;
void captures_ended_with(int context) noexcept;

}  // namespace weir::cuda
