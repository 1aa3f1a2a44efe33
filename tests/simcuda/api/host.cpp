// Host memory: page-locked, and the program's own, registered.
#include <cuda.h>

#include "base/entry.hpp"
#include "base/lock.hpp"
#include "base/log.hpp"
#include "device/drain.hpp"
#include "heap/blocks.hpp"
#include "heap/host.hpp"

namespace simcuda {
namespace {

constexpr unsigned kAllocFlags =
    CU_MEMHOSTALLOC_PORTABLE | CU_MEMHOSTALLOC_DEVICEMAP | CU_MEMHOSTALLOC_WRITECOMBINED;
constexpr unsigned kRegisterFlags = CU_MEMHOSTREGISTER_PORTABLE | CU_MEMHOSTREGISTER_DEVICEMAP |
                                    CU_MEMHOSTREGISTER_IOMEMORY | CU_MEMHOSTREGISTER_READ_ONLY;

CUdeviceptr address_of(const void* place) { return reinterpret_cast<CUdeviceptr>(place); }

CUresult allocate(Context& context, void** place, size_t bytes, unsigned flags) {
  if (place == nullptr || bytes == 0 || (flags & ~kAllocFlags) != 0) return CUDA_ERROR_INVALID_VALUE;
  Block block;
  const CUresult result = locked([&] { return allocate_pinned(context, bytes, flags, block); });
  if (result == CUDA_SUCCESS) *place = block.backing;
  note_call("%zu bytes at 0x%llx", bytes, block.base);
  return result;
}

CUresult enter(Context& context, void* begin, size_t bytes, unsigned flags) {
  if (begin == nullptr || bytes == 0 || (flags & ~kRegisterFlags) != 0) return CUDA_ERROR_INVALID_VALUE;
  if ((flags & CU_MEMHOSTREGISTER_IOMEMORY) != 0) return CUDA_ERROR_NOT_SUPPORTED;
  note_call("%zu bytes at %p", bytes, begin);
  return locked([&] { return register_host(context, begin, bytes, flags); });
}

// Work of any context may use pinned memory. What begins there and is of this kind, after that work is done; the
// block is removed by drop(block), under the lock.
template <class Drop>
CUresult end_host(const void* place, Kind kind, CUresult otherwise, Drop&& drop) {
  note_call("%p", place);
  const auto id = [&]() -> uint64_t {
    const Block* block = block_at(address_of(place));
    return block != nullptr && block->kind == kind ? block->id : 0;
  };
  const uint64_t wanted = locked(id);
  if (wanted == 0) return otherwise;
  if (const CUresult left = drain_all(); left != CUDA_SUCCESS) return left;
  return locked([&] {
    if (id() != wanted) return otherwise;
    drop(*block_at(address_of(place)));
    return CUDA_SUCCESS;
  });
}

// body(Block&) for the pinned or registered block around place, under the lock.
template <class Body>
CUresult for_host(const void* place, Body&& body) {
  return locked([&]() -> CUresult {
    Block* block = find_block(address_of(place));
    const bool host = block != nullptr && (block->kind == Kind::pinned || block->kind == Kind::registered);
    return host ? body(*block) : CUDA_ERROR_INVALID_VALUE;
  });
}

}  // namespace
}  // namespace simcuda

using namespace simcuda;

extern "C" CUresult CUDAAPI cuMemHostAlloc(void** place, size_t bytes, unsigned int flags) {
  return in_context(__func__, [&](Context& context) { return allocate(context, place, bytes, flags); });
}
extern "C" CUresult CUDAAPI cuMemAllocHost_v2(void** place, size_t bytes) {
  return in_context(__func__, [&](Context& context) { return allocate(context, place, bytes, 0); });
}
extern "C" CUresult CUDAAPI cuMemAllocHost(void** place, unsigned int bytes) {
  return in_context(__func__, [&](Context& context) { return allocate(context, place, bytes, 0); });
}

extern "C" CUresult CUDAAPI cuMemFreeHost(void* place) {
  return in_context(__func__, [&](Context&) {
    return end_host(place, Kind::pinned, CUDA_ERROR_INVALID_VALUE,
                    [](const Block& block) { free_pinned(block); });
  });
}

extern "C" CUresult CUDAAPI cuMemHostRegister_v2(void* begin, size_t bytes, unsigned int flags) {
  return in_context(__func__, [&](Context& context) { return enter(context, begin, bytes, flags); });
}
extern "C" CUresult CUDAAPI cuMemHostRegister(void* begin, size_t bytes, unsigned int flags) {
  return in_context(__func__, [&](Context& context) { return enter(context, begin, bytes, flags); });
}

extern "C" CUresult CUDAAPI cuMemHostUnregister(void* begin) {
  return in_context(__func__, [&](Context&) -> CUresult {
    if (begin == nullptr) return CUDA_ERROR_INVALID_VALUE;
    return end_host(begin, Kind::registered, CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED,
                    [](const Block& block) { remove_block(block.base); });
  });
}

// The same address: every simulated device reaches host memory at the host's address.
extern "C" CUresult CUDAAPI cuMemHostGetDevicePointer_v2(CUdeviceptr* address, void* place,
                                                         unsigned int flags) {
  return in_context(__func__, [&](Context&) -> CUresult {
    if (address == nullptr || flags != 0) return CUDA_ERROR_INVALID_VALUE;
    return for_host(place, [&](Block&) {
      *address = address_of(place);
      return CUDA_SUCCESS;
    });
  });
}

extern "C" CUresult CUDAAPI cuMemHostGetDevicePointer(CUdeviceptr_v1* address, void* place,
                                                      unsigned int flags) {
  return in_context(__func__, [&](Context&) -> CUresult {
    if (address == nullptr || flags != 0 || address_of(place) > ~CUdeviceptr_v1{0})
      return CUDA_ERROR_INVALID_VALUE;
    return for_host(place, [&](Block&) {
      *address = static_cast<CUdeviceptr_v1>(address_of(place));
      return CUDA_SUCCESS;
    });
  });
}

extern "C" CUresult CUDAAPI cuMemHostGetFlags(unsigned int* flags, void* place) {
  return in_context(__func__, [&](Context&) -> CUresult {
    if (flags == nullptr) return CUDA_ERROR_INVALID_VALUE;
    return for_host(place, [&](Block& block) {
      *flags = block.flags;
      return CUDA_SUCCESS;
    });
  });
}
