// cuCtxSynchronize: when the program has waited for all work of a context, what it freed before is idle.
#include "core/cuda/bodies.hpp"
#include "core/cuda/device_pool.hpp"

namespace weir::cuda {
namespace {

/// Strict frees leave nothing to prove.
std::uint64_t current_if_deferred() noexcept {
  CUcontext context = nullptr;
  const bool is_deferred = engine::options().device_free == config::DeviceFree::Deferred;
  return is_deferred && ask::ctx_get_current(&context) == CUDA_SUCCESS ? key_of(context) : 0;
}

template <class Real>
CUresult settle_around(std::uint64_t context, Real real) noexcept {
  const std::uint64_t upto = newest_device_free(context);
  const CUresult result = real();
  if (result == CUDA_SUCCESS) device_pool_settled(context, upto);
  return result;
}

}  // namespace

CUresult synchronise(Call&, CUresult (*real)()) noexcept {
  return settle_around(current_if_deferred(), real);
}

CUresult synchronise_context(Call&, CUresult (*real)(CUcontext), CUcontext context) noexcept {
  const std::uint64_t named = context != nullptr ? key_of(context) : current_if_deferred();
  return settle_around(named, [=]() noexcept { return real(context); });
}

}  // namespace weir::cuda
