// cuMemAlloc, cuMemAllocPitch, cuMemAllocManaged, cuMemFree, cuMemGetInfo.
#include "core/cuda/bodies.hpp"
#include "core/cuda/device_pool.hpp"
#include "core/platform/platform.hpp"

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
  return record_plain(call, real(out, bytes), out, bytes);
}

CUresult allocate(Call& call, CUresult (*real)(CUdeviceptr*, std::size_t), CUdeviceptr* out,
                  std::size_t bytes) noexcept {
  Served served;
  const CUresult result = pooled_allocate(call, real, out, bytes, served);
  if (result == CUDA_SUCCESS && out != nullptr)
    call.allocated(CudaKey::Address, key_of(*out), bytes, served.space, MemoryKind::Plain,
                   served.is_known ? served.owner : call.current());
  return result;
}

CUresult allocate_pitch_v1(Call& call, decltype(&::cuMemAllocPitch) real, CUdeviceptr_v1* out,
                           unsigned* pitch, unsigned width, unsigned height, unsigned element) noexcept {
  return record_plain(call, real(out, pitch, width, height, element), out, std::uint64_t{width} * height);
}

CUresult allocate_pitch(Call& call, decltype(&::cuMemAllocPitch_v2) real, CUdeviceptr* out,
                        std::size_t* pitch, std::size_t width, std::size_t height,
                        unsigned element) noexcept {
  return record_plain(call, real(out, pitch, width, height, element), out, width * height);
}

CUresult allocate_managed(Call& call, decltype(&::cuMemAllocManaged) real, CUdeviceptr* out,
                          std::size_t bytes, unsigned flags) noexcept {
  const CUresult result = real(out, bytes, flags);
  if (result == CUDA_SUCCESS && out != nullptr)
    call.allocated(CudaKey::Address, key_of(*out), bytes, Space::Managed, MemoryKind::Plain);
  return result;
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

CUresult get_info_v1(Call&, CUresult (*real)(unsigned*, unsigned*), unsigned* free,
                     unsigned* total) noexcept {
  return real(free, total);
}

CUresult get_info(Call& call, CUresult (*real)(std::size_t*, std::size_t*), std::size_t* free,
                  std::size_t* total) noexcept {
  const std::uint64_t before = platform::monotonic_ns();
  const CUresult result = real(free, total);
  if (result == CUDA_SUCCESS && free != nullptr && total != nullptr)
    engine::cuda_memory_seen(call.current().device, *free, *total, platform::monotonic_ns() - before);
  return result;
}

}  // namespace weir::cuda
