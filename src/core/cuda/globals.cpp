// cuModuleGetGlobal, cuLibraryGetGlobal, cuLibraryGetManaged: a variable is recorded when it is first looked up. It goes
// with its module or library, and so that is the owner that the engine is told of.
#include "core/cuda/globals.hpp"

#include "core/cuda/bodies.hpp"
#include "core/cuda/table.hpp"

namespace weir::cuda {
namespace {

constinit platform::Lock g_lock{};
constinit Table<std::uint64_t> g_variables{};  ///< address to module
constinit Table<std::uint64_t> g_modules{};    ///< to context

/// False: it was known.
bool is_new(CUdeviceptr address, std::uint64_t module, std::uint64_t context) noexcept {
  const platform::Holding hold{g_lock};
  std::uint64_t* owner = g_variables.insert(key_of(address));
  if (owner == nullptr || *owner == module) return false;
  *owner = module;
  if (std::uint64_t* of = g_modules.insert(module)) *of = context;
  return true;
}

/// False: no variable of the module is known.
bool forget(std::uint64_t module) noexcept {
  const platform::Holding hold{g_lock};
  if (g_modules.find(module) == nullptr) return false;
  g_modules.erase(module);
  const auto is_its = [=](std::uint64_t, std::uint64_t owner) noexcept { return owner == module; };
  while (const auto* variable = g_variables.find_if(is_its)) g_variables.erase(variable->key);
  return true;
}

std::uint64_t module_of(std::uint64_t context) noexcept {
  const platform::Holding hold{g_lock};
  const auto* module =
      g_modules.find_if([=](std::uint64_t, std::uint64_t owner) noexcept { return owner == context; });
  return module != nullptr ? module->key : 0;
}

void record_global(const Call& call, CUdeviceptr address, std::uint64_t bytes, std::uint64_t module,
                   Space space) noexcept {
  const Owner now = call.current();
  if (address == 0 || !is_new(address, module, now.context)) return;
  call.allocated(CudaKey::Address, key_of(address), bytes, space, MemoryKind::Global,
                 {.context = module, .device = now.device});
}

/// A program that does not ask for the size has not told us: we ask.
template <class Real, class Handle>
CUresult get_global(const Call& call, Real real, CUdeviceptr* out, std::size_t* bytes, Handle module,
                    const char* name, Space space) noexcept {
  const CUresult result = real(out, bytes, module, name);
  if (result != CUDA_SUCCESS || out == nullptr) return result;
  CUdeviceptr again = 0;
  std::size_t size = bytes != nullptr ? *bytes : 0;
  if (bytes == nullptr && real(&again, &size, module, name) != CUDA_SUCCESS) size = 0;
  record_global(call, *out, size, key_of(module), space);
  return result;
}

template <class Handle>
CUresult unload(const Call& call, CUresult (*real)(Handle), Handle module) noexcept {
  const CUresult result = real(module);
  if (is_gone(result) && forget(key_of(module)))
    call.context_ended(key_of(module), engine::CudaEnd::ModuleUnloaded);
  return result;
}

}  // namespace

void forget_modules_of(const Call& call, std::uint64_t context, engine::CudaEnd how) noexcept {
  while (const std::uint64_t module = module_of(context)) {
    forget(module);
    call.context_ended(module, how);
  }
}

CUresult get_global_v1(Call& call, decltype(&::cuModuleGetGlobal) real, CUdeviceptr_v1* out, unsigned* bytes,
                       CUmodule module, const char* name) noexcept {
  const CUresult result = real(out, bytes, module, name);
  if (result == CUDA_SUCCESS && out != nullptr)
    record_global(call, *out, bytes != nullptr ? *bytes : 0, key_of(module), Space::Device);
  return result;
}

CUresult get_module_global(Call& call, decltype(&::cuModuleGetGlobal_v2) real, CUdeviceptr* out,
                           std::size_t* bytes, CUmodule module, const char* name) noexcept {
  return get_global(call, real, out, bytes, module, name, Space::Device);
}

CUresult get_library_global(Call& call, decltype(&::cuLibraryGetGlobal) real, CUdeviceptr* out,
                            std::size_t* bytes, CUlibrary library, const char* name) noexcept {
  return get_global(call, real, out, bytes, library, name, Space::Device);
}

CUresult get_library_managed(Call& call, decltype(&::cuLibraryGetManaged) real, CUdeviceptr* out,
                             std::size_t* bytes, CUlibrary library, const char* name) noexcept {
  return get_global(call, real, out, bytes, library, name, Space::Managed);
}

CUresult unload_module(Call& call, CUresult (*real)(CUmodule), CUmodule module) noexcept {
  return unload(call, real, module);
}

CUresult unload_library(Call& call, CUresult (*real)(CUlibrary), CUlibrary library) noexcept {
  return unload(call, real, library);
}

}  // namespace weir::cuda
