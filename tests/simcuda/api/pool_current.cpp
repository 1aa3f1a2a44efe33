// Which pool allocations come from: default and current pools of devices and other locations.
#include <cuda.h>

#include <mutex>

#include "base/entry.hpp"
#include "device/device.hpp"
#include "memory/pools.hpp"

using namespace simcuda;
using namespace simcuda::memory;

namespace {

using Question = CUresult (*)(const CUmemLocation&, CUmemAllocationType, Pool*&);

CUresult ask(Question question, CUmemoryPool* out, const CUmemLocation* location, CUmemAllocationType type) {
  if (out == nullptr || location == nullptr) return CUDA_ERROR_INVALID_VALUE;
  std::lock_guard guard(pools_mutex());
  Pool* pool = nullptr;
  const CUresult result = question(*location, type, pool);
  if (result == CUDA_SUCCESS) *out = pool->handle();
  return result;
}

CUresult set(const CUmemLocation* location, CUmemAllocationType type, CUmemoryPool handle) {
  if (location == nullptr) return CUDA_ERROR_INVALID_VALUE;
  std::lock_guard guard(pools_mutex());
  Pool* pool = find_pool(handle);
  return pool == nullptr ? CUDA_ERROR_INVALID_VALUE : set_current_pool(*location, type, *pool);
}

constexpr auto kPinned = CU_MEM_ALLOCATION_TYPE_PINNED;

}  // namespace

extern "C" CUresult CUDAAPI cuDeviceGetDefaultMemPool(CUmemoryPool* pool, CUdevice device) {
  return initialised(__func__, [&] {
    const CUmemLocation location = at_device(device);
    return ask(default_pool, pool, &location, kPinned);
  });
}

extern "C" CUresult CUDAAPI cuDeviceGetMemPool(CUmemoryPool* pool, CUdevice device) {
  return initialised(__func__, [&] {
    const CUmemLocation location = at_device(device);
    return ask(current_pool, pool, &location, kPinned);
  });
}

extern "C" CUresult CUDAAPI cuDeviceSetMemPool(CUdevice device, CUmemoryPool pool) {
  return initialised(__func__, [&] {
    const CUmemLocation location = at_device(device);
    return set(&location, kPinned, pool);
  });
}

extern "C" CUresult CUDAAPI cuMemGetDefaultMemPool(CUmemoryPool* pool, CUmemLocation* location,
                                                   CUmemAllocationType type) {
  return initialised(__func__, [&] { return ask(default_pool, pool, location, type); });
}

extern "C" CUresult CUDAAPI cuMemGetMemPool(CUmemoryPool* pool, CUmemLocation* location,
                                            CUmemAllocationType type) {
  return initialised(__func__, [&] { return ask(current_pool, pool, location, type); });
}

extern "C" CUresult CUDAAPI cuMemSetMemPool(CUmemLocation* location, CUmemAllocationType type,
                                            CUmemoryPool pool) {
  return initialised(__func__, [&] { return set(location, type, pool); });
}
