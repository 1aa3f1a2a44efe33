#include "core/cuda/idle_probe.hpp"

#include "core/platform/platform.hpp"

namespace weir::cuda {

bool IdleProbe::is_busy() noexcept {
  if (fence_.slot_plus_one == 0) return false;
  const pool::Progress progress = look_at(fence_);
  if (progress == pool::Progress::NotYet || progress == pool::Progress::NotNow) return true;
  drop_fence(fence_);
  return false;
}

bool IdleProbe::is_idle(const ContextSet& contexts, int set) noexcept {
  if (set != set_) drop_fence(fence_);
  set_ = set;
  if (is_busy() || !put_fence(contexts, fence_)) return false;
  const std::uint64_t end = may_ == May::Linger ? platform::monotonic_ns() + kMostNs : 0;
  while (is_busy())
    if (end == 0 || platform::monotonic_ns() >= end) return false;
  return true;
}

}  // namespace weir::cuda
