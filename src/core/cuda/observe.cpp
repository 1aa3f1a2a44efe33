#include <atomic>

#include "core/cuda/captures.hpp"
#include "core/cuda/driver.hpp"
#include "core/cuda/fences.hpp"
#include "core/cuda/managed_policy.hpp"
#include "core/cuda/own_stream.hpp"
#include "core/engine/cuda_memory.hpp"
#include "core/platform/platform.hpp"

namespace weir::cuda {
namespace {

constinit Asked<decltype(::cuDriverGetVersion)> g_version{"cuDriverGetVersion"};
constinit Asked<decltype(::cuDeviceGetName)> g_name{"cuDeviceGetName"};
constinit Asked<decltype(::cuDeviceGetMemPool)> g_pool{"cuDeviceGetMemPool"};
constinit Asked<decltype(::cuMemPoolGetAttribute)> g_pool_attribute{"cuMemPoolGetAttribute"};

/// One bit for each device: described; has pools in use.
constinit std::atomic<std::uint64_t> g_seen{}, g_pooled{};

constexpr std::uint64_t bit_of(std::uint8_t device) noexcept {
  return device < 64 ? std::uint64_t{1} << device : 0;
}

[[gnu::noinline, gnu::cold]] void describe(std::uint8_t device) noexcept {
  if ((g_seen.fetch_or(bit_of(device), std::memory_order_relaxed) & bit_of(device)) != 0) return;
  int version = 0;
  if (g_version(&version) == CUDA_SUCCESS) engine::cuda_driver_seen(static_cast<std::uint32_t>(version));
  char name[64] = "";
  std::size_t total = 0;
  if (g_name(name, sizeof(name), device) != CUDA_SUCCESS) name[0] = '\0';
  if (ask::device_total(&total, device) != CUDA_SUCCESS) total = 0;
  engine::cuda_device_seen(device, name, total);
}

void ask_pools(std::uint8_t device) noexcept {
  CUmemoryPool pool = nullptr;
  cuuint64_t reserved = 0, used = 0;
  if (g_pool(&pool, device) != CUDA_SUCCESS || pool == nullptr) return;
  if (g_pool_attribute(pool, CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT, &reserved) != CUDA_SUCCESS) return;
  if (g_pool_attribute(pool, CU_MEMPOOL_ATTR_USED_MEM_CURRENT, &used) != CUDA_SUCCESS) return;
  engine::cuda_pools_seen(device, reserved, used);
}

[[gnu::noinline, gnu::cold]] void ask_memory(std::uint8_t device) noexcept {
  CUdevice current = -1;
  if (ask::ctx_get_device(&current) != CUDA_SUCCESS || current != device) return;
  std::size_t free = 0, total = 0;
  const std::uint64_t before = platform::monotonic_ns();
  if (ask::memory_info(&free, &total) != CUDA_SUCCESS)
    return engine::cuda_memory_unknown(device, platform::monotonic_ns() - before);
  engine::cuda_memory_seen(device, free, total, platform::monotonic_ns() - before);
  if ((g_pooled.load(std::memory_order_relaxed) & bit_of(device)) != 0) ask_pools(device);
}

}  // namespace

void find_asked() noexcept {
  ask::ctx_get_current.find();
  ask::ctx_get_device.find();
  ask::address_range.find();
  ask::primary_state.find();
  ask::is_capturing.find();
  ask::pci_bus_id.find();
  ask::free_host.find();
  ask::pointer_attribute.find();
  ask::device_attribute.find();
  find_managed_functions();
  g_version.find();
  g_name.find();
  ask::ctx_push.find();
  ask::ctx_pop.find();
  ask::mem_free.find();
  ask::memory_info.find();
  ask::device_total.find();
  ask::ctx_id.find();
  g_pool.find();
  g_pool_attribute.find();
  find_fence_functions();
  find_own_stream_functions();
}

void observe(std::uint8_t device) noexcept {
  const bool is_new = (g_seen.load(std::memory_order_relaxed) & bit_of(device)) == 0 && bit_of(device) != 0;
  if (!is_new && !engine::cuda_memory_due(device)) [[likely]]
    return;
  if (is_any_stream_capturing()) return;
  if (is_new) describe(device);
  if (!is_new || engine::cuda_memory_due(device)) ask_memory(device);
}

void pools_in_use(std::uint8_t device) noexcept {
  if ((g_pooled.load(std::memory_order_relaxed) & bit_of(device)) == 0)
    g_pooled.fetch_or(bit_of(device), std::memory_order_relaxed);
}

}  // namespace weir::cuda
