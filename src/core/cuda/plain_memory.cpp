// cuMemAlloc, cuMemAllocPitch, cuMemFree.
#include "core/cuda/bodies.hpp"
#include "core/cuda/device_pool.hpp"
#include "core/cuda/limit.hpp"
#include "core/cuda/managed.hpp"

namespace weir::cuda {
namespace {

template <class Address>
CUresult record_plain(Call& call, CUresult result, const Address* out, std::uint64_t bytes) noexcept {
  if (result == CUDA_SUCCESS && out != nullptr)
    call.allocated(CudaKey::Address, key_of(CUdeviceptr{*out}), bytes, Space::Device, MemoryKind::Plain);
  return result;
}

}  // namespace

CUresult allocate_v1(Call& call, CUresult (*real)(CUdeviceptr_v1*, unsigned), CUdeviceptr_v1* out,
                     unsigned bytes) noexcept {
  const Room room{call, out != nullptr ? bytes : 0};
  if (room.is_refused()) return room.refuse();
  return record_plain(call, real(out, bytes), out, bytes);
}

CUresult allocate(Call& call, CUresult (*real)(CUdeviceptr*, std::size_t), CUdeviceptr* out,
                  std::size_t bytes) noexcept {
  if (serve_by_managed(call, out, bytes)) return CUDA_SUCCESS;
  const Room room{call, out != nullptr ? bytes : 0};
  if (room.is_refused()) return refused_for_room(call, room, out, bytes);
  Served served;
  const CUresult result = pooled_allocate(call, real, out, bytes, served);
  if (result == CUDA_SUCCESS && out != nullptr)
    call.allocated(CudaKey::Address, key_of(*out), bytes, served.space, MemoryKind::Plain,
                   served.is_known ? served.owner : call.current());
  return result;
}

CUresult allocate_pitch_v1(Call& call, decltype(&::cuMemAllocPitch) real, CUdeviceptr_v1* out,
                           unsigned* pitch, unsigned width, unsigned height, unsigned element) noexcept {
  const Room room{call, out != nullptr ? std::uint64_t{width} * height : 0};
  if (room.is_refused()) return room.refuse();
  return record_plain(call, real(out, pitch, width, height, element), out, std::uint64_t{width} * height);
}

CUresult allocate_pitch(Call& call, decltype(&::cuMemAllocPitch_v2) real, CUdeviceptr* out,
                        std::size_t* pitch, std::size_t width, std::size_t height,
                        unsigned element) noexcept {
  if (serve_pitch_by_managed(call, out, pitch, width, height, element)) return CUDA_SUCCESS;
  const Room room{call, out != nullptr ? width * height : 0};
  if (room.is_refused()) return room.refuse();
  return record_plain(call, real(out, pitch, width, height, element), out, width * height);
}

// The pool never handed out a block whose address such a program could keep; but it could be told one.
CUresult free_v1(Call& call, CUresult (*real)(CUdeviceptr_v1), CUdeviceptr_v1 block) noexcept {
  const auto forward = [=](CUdeviceptr it) noexcept { return real(static_cast<CUdeviceptr_v1>(it)); };
  return call.release(CudaKey::Address, key_of(CUdeviceptr{block}), Space::Device,
                      [=] { return freed_past_pool(forward, block); });
}

CUresult free_any(Call& call, CUresult (*real)(CUdeviceptr), CUdeviceptr block) noexcept {
  return call.release(CudaKey::Address, key_of(block), Space::Device,
                      [=] { return pooled_free(real, block); });
}

}  // namespace weir::cuda
