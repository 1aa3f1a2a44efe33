// The ends of contexts, which free what was allocated in them. Stream-ordered and physical memory stays.
#include "core/base/tally.hpp"
#include "core/cuda/bodies.hpp"
#include "core/cuda/driver.hpp"
#include "core/cuda/globals.hpp"

namespace weir::cuda {
namespace {

constexpr unsigned kDevices = 256;
constinit std::uint64_t g_primary[kDevices]{};  ///< contexts, by ordinal; 0: nobody has retained it

std::uint64_t primary_of(CUdevice device) noexcept {
  const auto i = static_cast<unsigned>(device);
  return i < kDevices ? load_relaxed(g_primary[i]) : 0;
}

void ended(const Call& call, std::uint64_t context, engine::CudaEnd how) noexcept {
  if (context == 0) return;
  forget_modules_of(call, context, how);
  call.context_ended(context, how);
}

}  // namespace

CUresult destroy_context(Call& call, CUresult (*real)(CUcontext), CUcontext context) noexcept {
  const CUresult result = real(context);
  if (result == CUDA_SUCCESS) ended(call, key_of(context), engine::CudaEnd::ContextDestroyed);
  return result;
}

CUresult retain_primary(Call& call, CUresult (*real)(CUcontext*, CUdevice), CUcontext* out,
                        CUdevice device) noexcept {
  const CUresult result = real(out, device);
  if (result == CUDA_SUCCESS) call.served();
  if (result == CUDA_SUCCESS && out != nullptr && static_cast<unsigned>(device) < kDevices)
    store_relaxed(g_primary[device], key_of(*out));
  return result;
}

CUresult release_primary(Call& call, CUresult (*real)(CUdevice), CUdevice device) noexcept {
  const std::uint64_t context = primary_of(device);
  const CUresult result = real(device);
  unsigned flags = 0;
  int is_active = 1;
  // Only the last release ends it; the driver knows.
  if (result == CUDA_SUCCESS && context != 0 &&
      ask::primary_state(device, &flags, &is_active) == CUDA_SUCCESS && is_active == 0)
    ended(call, context, engine::CudaEnd::ContextDestroyed);
  return result;
}

CUresult reset_primary(Call& call, CUresult (*real)(CUdevice), CUdevice device) noexcept {
  const std::uint64_t context = primary_of(device);
  const CUresult result = real(device);
  if (result == CUDA_SUCCESS) ended(call, context, engine::CudaEnd::DeviceReset);
  return result;
}

}  // namespace weir::cuda
