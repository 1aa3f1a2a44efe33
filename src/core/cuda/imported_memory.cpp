// Memory of other processes and interfaces, mapped here: recorded, and not charged to this process.
#include "core/cuda/bodies.hpp"
#include "core/cuda/captures.hpp"
#include "core/cuda/driver.hpp"
#include "core/cuda/table.hpp"

namespace weir::cuda {
namespace {

constinit platform::Lock g_lock{};
constinit Table<std::uint64_t> g_opened{};  ///< by address: how often the same memory was opened

/// Returns how often it was open before.
std::uint64_t open_once_more(CUdeviceptr address) noexcept {
  const platform::Holding hold{g_lock};
  std::uint64_t* times = g_opened.insert(key_of(address));
  return times != nullptr ? (*times)++ : 0;
}

/// Is this close the last? Of an address that is not known, yes.
bool close_once(CUdeviceptr address) noexcept {
  const platform::Holding hold{g_lock};
  std::uint64_t* times = g_opened.find(key_of(address));
  if (times == nullptr) return true;
  if (--*times != 0) return false;
  g_opened.erase(key_of(address));
  return true;
}

std::uint64_t size_of(CUdeviceptr address) noexcept {
  CUdeviceptr base = 0;
  std::size_t bytes = 0;
  if (is_any_stream_capturing()) return 0;
  return ask::address_range(&base, &bytes, address) == CUDA_SUCCESS ? bytes : 0;
}

}  // namespace

CUresult open_ipc(Call& call, CUresult (*real)(CUdeviceptr*, CUipcMemHandle, unsigned), CUdeviceptr* out,
                  CUipcMemHandle handle, unsigned flags) noexcept {
  const CUresult result = real(out, handle, flags);
  if (result == CUDA_SUCCESS && out != nullptr && open_once_more(*out) == 0)
    call.allocated(CudaKey::Address, key_of(*out), size_of(*out), Space::Device, MemoryKind::Imported);
  return result;
}

CUresult close_ipc(Call& call, CUresult (*real)(CUdeviceptr), CUdeviceptr address) noexcept {
  if (address == 0) return real(address);
  if (!close_once(address)) {
    const CUresult result = real(address);
    if (!is_gone(result)) (void)open_once_more(address);
    return result;
  }
  const CUresult result = call.release(CudaKey::Address, key_of(address), [=] { return real(address); });
  if (!is_gone(result) && !is_refusal(result)) (void)open_once_more(address);
  return result;
}

CUresult import_external(Call& call, decltype(&::cuImportExternalMemory) real, CUexternalMemory* out,
                         const CUDA_EXTERNAL_MEMORY_HANDLE_DESC* what) noexcept {
  const CUresult result = real(out, what);
  if (result == CUDA_SUCCESS && out != nullptr && what != nullptr)
    call.allocated(CudaKey::External, key_of(*out), what->size, Space::Device, MemoryKind::Imported);
  return result;
}

CUresult destroy_external(Call& call, CUresult (*real)(CUexternalMemory), CUexternalMemory memory) noexcept {
  return call.release(CudaKey::External, key_of(memory), [=] { return real(memory); });
}

// Freed by cuMemFree or cuMemFreeAsync, like memory of our own.
CUresult import_pool_pointer(Call& call, decltype(&::cuMemPoolImportPointer) real, CUdeviceptr* out,
                             CUmemoryPool pool, CUmemPoolPtrExportData* shared) noexcept {
  const CUresult result = real(out, pool, shared);
  if (result == CUDA_SUCCESS && out != nullptr)
    call.allocated(CudaKey::Address, key_of(*out), size_of(*out), Space::Device, MemoryKind::Imported,
                   {.context = 0, .device = call.current().device});
  return result;
}

}  // namespace weir::cuda
