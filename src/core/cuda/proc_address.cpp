// cuGetProcAddress: the driver answers first; what it answered is then replaced by its wrapper.
#include "core/cuda/bodies.hpp"
#include "core/cuda/function.hpp"
#include "core/cuda/loader.hpp"

namespace weir::cuda {
namespace {

/// Versions that this library was built to know.
constexpr std::uint32_t kNewestKnown = CUDA_VERSION;

/// The wrapper for what the driver gave for this request, or that itself.
void* replace(const char* name, int version, cuuint64_t flags, void* given) noexcept {
  const bool is_per_thread = (flags & CU_GET_PROC_ADDRESS_PER_THREAD_DEFAULT_STREAM) != 0;
  const auto asked = static_cast<std::uint32_t>(version);
  Function f = choose(name, asked, is_per_thread ? Stream::PerThread : Stream::Plain);
  bool is_certain = f != Function::None && asked <= kNewestKnown;
  if (f == Function::None) f = find_symbol(name);
  // A newer driver may have newer ABIs: it is the one we know only if it is exported under the name we know.
  if (!is_certain && f != Function::None) is_certain = driver_symbol(row(f).symbol.data()) == given;
  if (is_certain) return hand_out(f, CudaRoute::ProcAddress, given);
  if (f != Function::None || is_allocation_class(name))
    engine::cuda_unhooked(name, CudaRoute::ProcAddress, f != Function::None ? "newer" : "unknown");
  return given;
}

CUresult replaced(CUresult result, const char* name, void** out, int version, cuuint64_t flags) noexcept {
  if (result == CUDA_SUCCESS && name != nullptr && out != nullptr && *out != nullptr)
    *out = replace(name, version, flags, *out);
  return result;
}

}  // namespace

CUresult get_proc_address_v1(Call&, decltype(&::cuGetProcAddress) real, const char* name, void** out,
                             int version, cuuint64_t flags) noexcept {
  return replaced(real(name, out, version, flags), name, out, version, flags);
}

CUresult get_proc_address(Call&, decltype(&::cuGetProcAddress_v2) real, const char* name, void** out,
                          int version, cuuint64_t flags, CUdriverProcAddressQueryResult* status) noexcept {
  return replaced(real(name, out, version, flags, status), name, out, version, flags);
}

}  // namespace weir::cuda
