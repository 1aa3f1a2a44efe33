// Physical memory (cuMemCreate) lives as long as something holds it: a handle, each as often as it was retained, or a
// mapping. The block is freed by whichever goes last.
#include "core/cuda/bodies.hpp"
#include "core/cuda/limit.hpp"
#include "core/cuda/physical.hpp"
#include "core/cuda/place.hpp"

namespace weir::cuda {
namespace {

constinit PhysicalMemory g_physical{};

CUresult record(Call& call, CUresult result, const CUmemGenericAllocationHandle* out, std::uint64_t bytes,
                Place place, MemoryKind kind) noexcept {
  if (result != CUDA_SUCCESS || out == nullptr) return result;
  const std::uint64_t key = g_physical.made(*out);
  call.allocated(CudaKey::Physical, key, bytes, place.space, kind, {.context = 0, .device = place.device});
  return result;
}

}  // namespace

CUresult create_physical(Call& call, decltype(&::cuMemCreate) real, CUmemGenericAllocationHandle* out,
                         std::size_t bytes, const CUmemAllocationProp* wanted,
                         unsigned long long flags) noexcept {
  if (wanted == nullptr) return real(out, bytes, wanted, flags);
  const Place place = place_of(wanted->location, wanted->type, 0);
  const Room room{call, place.device, out != nullptr && place.space == Space::Device ? bytes : 0};
  if (room.is_refused()) return room.refuse();
  return record(call, real(out, bytes, wanted, flags), out, bytes, place, MemoryKind::Physical);
}

// A team's window on memory that others brought: it has none of its own.
CUresult create_multicast(Call& call, decltype(&::cuMulticastCreate) real, CUmemGenericAllocationHandle* out,
                          const CUmulticastObjectProp* wanted) noexcept {
  return record(call, real(out, wanted), out, 0, {Space::Device, 0}, MemoryKind::Physical);
}

// How much it is, only the exporter knows.
CUresult import_physical(Call& call, decltype(&::cuMemImportFromShareableHandle) real,
                         CUmemGenericAllocationHandle* out, void* shared,
                         CUmemAllocationHandleType type) noexcept {
  const CUresult result = real(out, shared, type);
  if (result != CUDA_SUCCESS) return result;
  return record(call, result, out, 0, {Space::Imported, call.current().device}, MemoryKind::Imported);
}

CUresult retain_physical(Call&, decltype(&::cuMemRetainAllocationHandle) real,
                         CUmemGenericAllocationHandle* out, void* address) noexcept {
  const CUresult result = real(out, address);
  if (result == CUDA_SUCCESS && out != nullptr) g_physical.retained(*out, key_of(address));
  return result;
}

// Before the driver's, because the handle may be another's as soon as that returns.
CUresult release_physical(Call& call, CUresult (*real)(CUmemGenericAllocationHandle),
                          CUmemGenericAllocationHandle handle) noexcept {
  const PhysicalMemory::Released released = g_physical.release(handle);
  engine::CudaTaken taken{};
  if (released.last_of != 0) taken = engine::cuda_take(CudaKey::Physical, released.last_of, call.caller());
  const CUresult result = real(handle);
  if (!is_gone(result)) g_physical.hold_again(released);
  if (taken.found() || !released.found)
    call.released(taken, CudaKey::Physical, handle, Space::Device, result);
  return result;
}

CUresult map_physical(Call&, decltype(&::cuMemMap) real, CUdeviceptr address, std::size_t bytes,
                      std::size_t offset, CUmemGenericAllocationHandle handle,
                      unsigned long long flags) noexcept {
  const CUresult result = real(address, bytes, offset, handle, flags);
  if (result == CUDA_SUCCESS) g_physical.mapped(address, bytes, handle);
  return result;
}

// After the driver's, because addresses are the program's own: nobody else is given them.
CUresult unmap_physical(Call& call, decltype(&::cuMemUnmap) real, CUdeviceptr address,
                        std::size_t bytes) noexcept {
  const CUresult result = real(address, bytes);
  if (!is_gone(result)) return result;
  std::uint64_t last_of = 0;
  while (g_physical.unmap_one(address, address + bytes, last_of))
    if (last_of != 0)
      call.released(engine::cuda_take(CudaKey::Physical, last_of, call.caller()), CudaKey::Physical, last_of,
                    Space::Device, result);
  return result;
}

}  // namespace weir::cuda
