// Is the device doing nothing at this moment? Then the driver's own free, which waits for all work, has nothing to wait for.
//
// Other threads may submit work right after the answer: who then calls the driver's free waits for that as well. Where that
// must not be, there is a free that never waits (own_stream.hpp).
#pragma once

#include "core/cuda/fences.hpp"

namespace weir::cuda {

/// For one call of the program, and one set of contexts after the other.
class IdleProbe {
 public:
  /// An event takes the device a few microseconds even if there is nothing before it.
  static constexpr std::uint64_t kMostNs = 50'000;

  enum class May : std::uint8_t { Linger, Look };  ///< for kMostNs at most; not at all
  explicit constexpr IdleProbe(May may) noexcept : may_{may} {}
  ~IdleProbe() {
    if (fence_.slot_plus_one != 0) [[unlikely]]
      drop_fence(fence_);
  }
  IdleProbe(const IdleProbe&) = delete;
  IdleProbe& operator=(const IdleProbe&) = delete;

  /// Is all done that was submitted to these contexts before? `set` names them: the same number, the same contexts. Not
  /// known is no. Some context must be current.
  [[nodiscard]] bool is_idle(const ContextSet& contexts, int set) noexcept;
  /// Does what the last is_idle() found running still run? Only looks.
  [[nodiscard]] bool is_busy() noexcept;

 private:
  Fence fence_{};  ///< behind work that was not done when it was last asked about
  int set_ = -1;
  May may_;
};

}  // namespace weir::cuda
