// All pools of the process: handles, defaults, and which pool is current where.
#pragma once

#include <cuda.h>

#include <memory>
#include <mutex>

#include "memory/pool.hpp"

namespace simcuda::memory {

/// Comes before the driver's lock and the engine's; held while a free is submitted, so that its execution finds it
/// recorded. Never while anybody waits.
std::mutex& pools_mutex();

// All under the pools' lock.

/// Null for a value that is no pool, or one that was destroyed.
Pool* find_pool(CUmemoryPool handle);
/// Also a destroyed one, as long as memory of it is used.
std::shared_ptr<Pool> pool_behind(void* handle);
CUmemoryPool add_pool(std::shared_ptr<Pool> pool);
/// CUDA_ERROR_INVALID_VALUE for a default pool.
CUresult destroy_pool(CUmemoryPool handle);
void drop_pool(Pool* pool);

/// Which pools a location has: CUDA_SUCCESS and the pool, or what cuMemGetDefaultMemPool answers. A location's
/// default pool is made at the first question.
CUresult default_pool(const CUmemLocation& location, CUmemAllocationType type, Pool*& pool);
CUresult current_pool(const CUmemLocation& location, CUmemAllocationType type, Pool*& pool);
CUresult set_current_pool(const CUmemLocation& location, CUmemAllocationType type, Pool& pool);

[[nodiscard]] inline CUmemLocation at_device(int device) {
  return {.type = CU_MEM_LOCATION_TYPE_DEVICE, .id = device};
}

/// After cuStreamSynchronize, cuEventSynchronize, cuCtxSynchronize have waited. Takes the pools' lock.
void host_synchronised();

}  // namespace simcuda::memory
