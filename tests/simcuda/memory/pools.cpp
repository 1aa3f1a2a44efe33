#include "memory/pools.hpp"

#include <atomic>
#include <map>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "memory/properties.hpp"

namespace simcuda::memory {
namespace {

using Where = std::tuple<CUmemLocationType, int>;

struct Registry {
  std::map<void*, std::shared_ptr<Pool>> all;  // by handle, destroyed ones with used memory included
  std::map<Where, Pool*> defaults;
  std::map<Where, Pool*> current;
  std::set<void*> alive;  // handles that are valid
};

constinit std::atomic<bool> ever_pooled{false};

Registry& registry() {
  static auto& only = *new Registry;  // the engine's threads may still free when the process ends
  return only;
}

Where where(const CUmemLocation& location) {
  return {location.type, location.type == CU_MEM_LOCATION_TYPE_HOST ? 0 : location.id};
}

/// Managed pools are not simulated.
CUresult check_place(const CUmemLocation& location, CUmemAllocationType type) {
  if (type == CU_MEM_ALLOCATION_TYPE_MANAGED) {
    bool anywhere = location.type == CU_MEM_LOCATION_TYPE_NONE;
    return anywhere || check_location(location) == CUDA_SUCCESS ? CUDA_ERROR_NOT_SUPPORTED
                                                                : CUDA_ERROR_INVALID_VALUE;
  }
  if (type != CU_MEM_ALLOCATION_TYPE_PINNED) return CUDA_ERROR_INVALID_VALUE;
  return check_location(location);
}

}  // namespace

std::mutex& pools_mutex() {
  static auto& only = *new std::mutex;
  return only;
}

Pool* find_pool(CUmemoryPool handle) {
  return registry().alive.contains(handle) ? registry().all.at(handle).get() : nullptr;
}

std::shared_ptr<Pool> pool_behind(void* handle) {
  auto found = registry().all.find(handle);
  return found == registry().all.end() ? nullptr : found->second;
}

CUmemoryPool add_pool(std::shared_ptr<Pool> pool) {
  CUmemoryPool handle = pool->handle();
  ever_pooled = true;
  registry().alive.insert(handle);
  registry().all.emplace(handle, std::move(pool));
  return handle;
}

CUresult destroy_pool(CUmemoryPool handle) {
  Pool* pool = find_pool(handle);
  if (pool == nullptr) return CUDA_ERROR_INVALID_VALUE;
  for (const auto& [place, fallback] : registry().defaults) {
    if (fallback == pool) return CUDA_ERROR_INVALID_VALUE;
  }
  std::erase_if(registry().current, [&](const auto& entry) { return entry.second == pool; });
  registry().alive.erase(handle);
  auto kept = pool_behind(handle);  // destroy may drop the last reference but this
  kept->destroy();
  return CUDA_SUCCESS;
}

void drop_pool(Pool* pool) { registry().all.erase(pool->handle()); }

CUresult default_pool(const CUmemLocation& location, CUmemAllocationType type, Pool*& pool) {
  CUresult result = check_place(location, type);
  if (result != CUDA_SUCCESS) return result;
  Pool*& entry = registry().defaults[where(location)];
  if (entry == nullptr) {
    CUmemPoolProps properties = {};
    properties.allocType = type;
    properties.location = location;
    auto made = std::make_shared<Pool>(properties);
    entry = made.get();
    add_pool(std::move(made));
  }
  pool = entry;
  return CUDA_SUCCESS;
}

CUresult current_pool(const CUmemLocation& location, CUmemAllocationType type, Pool*& pool) {
  CUresult result = check_place(location, type);
  if (result != CUDA_SUCCESS) return result;
  auto found = registry().current.find(where(location));
  if (found == registry().current.end()) return default_pool(location, type, pool);
  pool = found->second;
  return CUDA_SUCCESS;
}

CUresult set_current_pool(const CUmemLocation& location, CUmemAllocationType type, Pool& pool) {
  CUresult result = check_place(location, type);
  if (result != CUDA_SUCCESS) return result;
  if (pool.is_import() || pool.properties().allocType != type) return CUDA_ERROR_INVALID_VALUE;
  if (where(pool.properties().location) != where(location)) return CUDA_ERROR_INVALID_VALUE;
  registry().current[where(location)] = &pool;
  return CUDA_SUCCESS;
}

void host_synchronised() {
  if (!ever_pooled) return;
  std::lock_guard guard(pools_mutex());
  std::vector<std::shared_ptr<Pool>> pools;
  for (const auto& [handle, pool] : registry().all) pools.push_back(pool);
  for (const auto& pool : pools) pool->synchronised();
}

}  // namespace simcuda::memory
