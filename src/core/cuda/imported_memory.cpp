// Memory of other processes and interfaces, mapped here: recorded, and not charged to this process. What is opened twice
// has one address; the engine counts how often.
#include "core/cuda/bodies.hpp"
#include "core/cuda/captures.hpp"
#include "core/cuda/driver.hpp"

namespace weir::cuda {
namespace {

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
  if (result == CUDA_SUCCESS && out != nullptr)
    call.allocated(CudaKey::Address, key_of(*out), size_of(*out), Space::Imported, MemoryKind::Imported);
  return result;
}

CUresult close_ipc(Call& call, CUresult (*real)(CUdeviceptr), CUdeviceptr address) noexcept {
  return call.release(CudaKey::Address, key_of(address), Space::Imported, [=] { return real(address); });
}

CUresult import_external(Call& call, decltype(&::cuImportExternalMemory) real, CUexternalMemory* out,
                         const CUDA_EXTERNAL_MEMORY_HANDLE_DESC* what) noexcept {
  const CUresult result = real(out, what);
  if (result == CUDA_SUCCESS && out != nullptr && what != nullptr)
    call.allocated(CudaKey::External, key_of(*out), what->size, Space::Imported, MemoryKind::Imported);
  return result;
}

CUresult destroy_external(Call& call, CUresult (*real)(CUexternalMemory), CUexternalMemory memory) noexcept {
  return call.release(CudaKey::External, key_of(memory), Space::Imported, [=] { return real(memory); });
}

// Freed by cuMemFree or cuMemFreeAsync, like memory of our own.
CUresult import_pool_pointer(Call& call, decltype(&::cuMemPoolImportPointer) real, CUdeviceptr* out,
                             CUmemoryPool pool, CUmemPoolPtrExportData* shared) noexcept {
  const CUresult result = real(out, pool, shared);
  if (result == CUDA_SUCCESS && out != nullptr)
    call.allocated(CudaKey::Address, key_of(*out), size_of(*out), Space::Imported, MemoryKind::Imported,
                   {.context = 0, .device = call.current().device});
  return result;
}

}  // namespace weir::cuda
