// The ends of contexts, which free what was allocated in them. Stream-ordered and physical memory stays.
#include "core/base/tally.hpp"
#include "core/cuda/bodies.hpp"
#include "core/cuda/contexts_seen.hpp"
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

struct End {
  std::uint64_t context;
  int number;           ///< contexts_seen.hpp
  std::uint32_t books;  ///< the engine's
};

End begin(std::uint64_t context) noexcept {
  return {context, begin_end(context), engine::cuda_context_ending(context)};
}

void settle_books(const Call& call, const End& end, engine::CudaEnd how, bool is_over) noexcept {
  if (!is_over) return engine::cuda_end_failed(end.books);
  if (end.context != 0) forget_modules_of(call, end.context, how);
  call.end_done(end.books, how);
}

void settle(const Call& call, const End& end, engine::CudaEnd how, bool is_over) noexcept {
  settle_books(call, end, how, is_over);
  end_over(end.number, is_over);
}

}  // namespace

CUresult destroy_context(Call& call, CUresult (*real)(CUcontext), CUcontext context) noexcept {
  const End end = begin(key_of(context));
  const CUresult result = real(context);
  settle(call, end, engine::CudaEnd::ContextDestroyed, result == CUDA_SUCCESS);
  return result;
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
  const End end = begin(primary_of(device));
  const CUresult result = real(device);
  unsigned flags = 0;
  int is_active = 1;
  // Only the last release ends it; the driver knows.
  const bool is_over = result == CUDA_SUCCESS && end.context != 0 &&
                       ask::primary_state(device, &flags, &is_active) == CUDA_SUCCESS && is_active == 0;
  settle(call, end, engine::CudaEnd::ContextDestroyed, is_over);
  return result;
}

CUresult reset_primary(Call& call, CUresult (*real)(CUdevice), CUdevice device) noexcept {
  const End end = begin(primary_of(device));
  const CUresult result = real(device);
  settle(call, end, engine::CudaEnd::DeviceReset, result == CUDA_SUCCESS);
  return result;
}

}  // namespace weir::cuda
