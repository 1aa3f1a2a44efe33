// cuMemAllocHost, cuMemHostAlloc, cuMemFreeHost, cuMemHostRegister, cuMemHostUnregister.
#include "core/cuda/bodies.hpp"
#include "core/cuda/pinned_pool.hpp"

namespace weir::cuda {
namespace {

CUresult record_pinned(Call& call, CUresult result, void* const* out, std::uint64_t bytes,
                       Owner owner) noexcept {
  if (result == CUDA_SUCCESS && out != nullptr)
    call.allocated(CudaKey::Address, key_of(*out), bytes, Space::Pinned, MemoryKind::Plain,
                   owner.context != 0 ? owner : call.current());
  return result;
}

}  // namespace

CUresult allocate_host_v1(Call& call, CUresult (*real)(void**, unsigned), void** out,
                          unsigned bytes) noexcept {
  return record_pinned(call, real(out, bytes), out, bytes, {});
}

CUresult allocate_host(Call& call, CUresult (*real)(void**, std::size_t), void** out,
                       std::size_t bytes) noexcept {
  Owner owner{};
  const CUresult result = pooled_allocate_host(call, real, out, bytes, owner);
  return record_pinned(call, result, out, bytes, owner);
}

CUresult allocate_host_flags(Call& call, CUresult (*real)(void**, std::size_t, unsigned), void** out,
                             std::size_t bytes, unsigned flags) noexcept {
  Owner owner{};
  const CUresult result = pooled_allocate_host(call, real, out, bytes, flags, owner);
  return record_pinned(call, result, out, bytes, owner);
}

CUresult free_host(Call& call, CUresult (*real)(void*), void* block) noexcept {
  return call.release(CudaKey::Address, key_of(block), Space::Pinned,
                      [=] { return pooled_free_host(real, block); });
}

CUresult register_host(Call& call, CUresult (*real)(void*, std::size_t, unsigned), void* block,
                       std::size_t bytes, unsigned flags) noexcept {
  const CUresult result = real(block, bytes, flags);
  if (result == CUDA_SUCCESS)
    call.allocated(CudaKey::Address, key_of(block), bytes, Space::Pinned, MemoryKind::Registered);
  return result;
}

CUresult unregister_host(Call& call, CUresult (*real)(void*), void* block) noexcept {
  return call.release(CudaKey::Address, key_of(block), Space::Pinned, [=] { return real(block); });
}

}  // namespace weir::cuda
