// The ends of contexts, which free what was allocated in them. Stream-ordered and physical memory stays.
#include "core/base/tally.hpp"
#include "core/cuda/bodies.hpp"
#include "core/cuda/contexts_seen.hpp"
#include "core/cuda/device_pool.hpp"
#include "core/cuda/driver.hpp"
#include "core/cuda/globals.hpp"
#include "core/cuda/pinned_pool.hpp"

namespace weir::cuda {
namespace {

constexpr unsigned kDevices = 256;
constinit std::uint64_t g_primary[kDevices]{};  ///< contexts, by ordinal; 0: nobody has retained it

std::uint64_t primary_of(CUdevice device) noexcept {
  const auto i = static_cast<unsigned>(device);
  return i < kDevices ? load_relaxed(g_primary[i]) : 0;
}

/// A context ends, around the driver's function: the ledger and the pools first let go of what goes with it, because another
/// thread may be given its handle and its addresses at once.
template <class Real>
CUresult end_around(const Call& call, std::uint64_t context, engine::CudaEnd how, Real real) noexcept {
  const int number = begin_end(context);
  const std::uint32_t books = engine::cuda_context_ending(context);
  device_pool_ending(number);
  pinned_pool_ending(number);
  const auto [result, is_over] = real();
  device_pool_ended(number, is_over);
  pinned_pool_ended(number, is_over);
  if (is_over) {
    if (context != 0) forget_modules_of(call, context, how);
    call.end_done(books, how);
  } else {
    engine::cuda_end_failed(books);
  }
  end_over(number, is_over);
  return result;
}

/// Another number in each life of the primary context; 0: it is not alive. Drivers before 12.0 do not tell lives apart.
unsigned long long primary_life(std::uint64_t context, CUdevice device) noexcept {
  unsigned flags = 0;
  int is_active = 0;
  unsigned long long id = 0;
  // The handle is good only while the context is.
  if (ask::primary_state(device, &flags, &is_active) != CUDA_SUCCESS || is_active == 0) return 0;
  if (!ask::ctx_id.exists()) return 1;
  return ask::ctx_id(reinterpret_cast<CUcontext>(context), &id) == CUDA_SUCCESS ? id + 1 : 0;
}

struct Ended {
  CUresult result;
  bool is_over;
};

}  // namespace

CUresult destroy_context(Call& call, CUresult (*real)(CUcontext), CUcontext context) noexcept {
  return end_around(call, key_of(context), engine::CudaEnd::ContextDestroyed, [=]() noexcept -> Ended {
    const CUresult result = real(context);
    return {result, result == CUDA_SUCCESS};
  });
}

// The last of those that hold the context ends it. It is the thread's current one: is it still?
CUresult detach_context(Call& call, CUresult (*real)(CUcontext), CUcontext context) noexcept {
  return end_around(call, key_of(context), engine::CudaEnd::ContextDestroyed, [=]() noexcept -> Ended {
    const CUresult result = real(context);
    CUcontext current = nullptr;
    CUdevice device = 0;
    const bool lives = ask::ctx_get_current(&current) == CUDA_SUCCESS && current == context &&
                       ask::ctx_get_device(&device) == CUDA_SUCCESS;
    return {result, result == CUDA_SUCCESS && !lives};
  });
}

CUresult retain_primary(Call& call, CUresult (*real)(CUcontext*, CUdevice), CUcontext* out,
                        CUdevice device) noexcept {
  const CUresult result = real(out, device);
  if (result == CUDA_SUCCESS) call.served();
  if (result == CUDA_SUCCESS && out != nullptr) begin_life(*out, device);
  if (result == CUDA_SUCCESS && out != nullptr && static_cast<unsigned>(device) < kDevices)
    store_relaxed(g_primary[device], key_of(*out));
  return result;
}

CUresult release_primary(Call& call, CUresult (*real)(CUdevice), CUdevice device) noexcept {
  const std::uint64_t context = primary_of(device);
  const unsigned long long life = context != 0 ? primary_life(context, device) : 0;
  return end_around(call, context, engine::CudaEnd::ContextDestroyed, [=]() noexcept -> Ended {
    const CUresult result = real(device);
    // Only the last release ends it; the driver knows. Where it does not say, nothing may be handed out of what was there.
    // Another thread may have begun a new life of it since.
    return {result,
            result == CUDA_SUCCESS && context != 0 && (life == 0 || primary_life(context, device) != life)};
  });
}

CUresult reset_primary(Call& call, CUresult (*real)(CUdevice), CUdevice device) noexcept {
  return end_around(call, primary_of(device), engine::CudaEnd::DeviceReset, [=]() noexcept -> Ended {
    const CUresult result = real(device);
    return {result, result == CUDA_SUCCESS};
  });
}

}  // namespace weir::cuda
