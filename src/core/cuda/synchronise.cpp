// cuCtxSynchronize: when the program has waited for all work of a context, what it freed before is idle.
#include "core/cuda/bodies.hpp"
#include "core/cuda/contexts_seen.hpp"
#include "core/cuda/device_pool.hpp"
#include "core/cuda/pinned_pool.hpp"

namespace weir::cuda {
namespace {

/// Strict frees leave nothing to prove.
bool is_deferred() noexcept { return engine::options().device_free == config::DeviceFree::Deferred; }

template <class Real>
CUresult settle_around(int context, Real real) noexcept {
  const std::uint64_t upto = newest_device_free(context);
  const PinnedFrees pinned = newest_pinned_frees(context);
  const CUresult result = real();
  if (result == CUDA_SUCCESS) device_pool_settled(context, upto);
  if (result == CUDA_SUCCESS) pinned_pool_settled(pinned);
  return result;
}

}  // namespace

CUresult synchronise(Call&, CUresult (*real)()) noexcept {
  return is_deferred() ? settle_around(current_context(), real) : real();
}

CUresult synchronise_context(Call&, CUresult (*real)(CUcontext), CUcontext context) noexcept {
  if (!is_deferred()) return real(context);
  const int number = context != nullptr ? number_of_context(context) : current_context();
  return settle_around(number, [=]() noexcept { return real(context); });
}

}  // namespace weir::cuda
