#include "torture/holdings.hpp"

#include <cstdlib>

#include "simcuda.h"
#include "torture/sums.hpp"

namespace torture {
namespace {

constexpr std::uint64_t kChunk = 2U << 20;
std::uint64_t in_chunks(std::uint64_t bytes) { return (bytes + kChunk - 1) / kChunk * kChunk; }

}  // namespace

void Holdings::put(const Block& block) {
  live_[block.at] = block;
  granted_[block.is_pinned][block.is_pinned ? 0 : block.device] += block.granted;
}

void Holdings::enter(Block& block) {
  if (const std::size_t refs = simcuda_pending_refs(block.at, block.bytes); refs != 0)
    violation("0x%llx (%zu bytes, %s of device %d) was handed out while %zu pieces of work may touch it", block.at,
              block.bytes, block.is_pinned ? "pinned" : "memory", block.device, refs);
  block.granted = simcuda_block_bytes(block.at);
  if (block.granted != 0 && block.granted < block.bytes)
    violation("%zu bytes were asked for, the block has %lu", block.bytes, block.granted);
  const std::lock_guard hold{lock_};
  block.stamp = 0x5A5A000000000000 + ++stamps_;
  auto next = live_.upper_bound(block.at);
  if (next != live_.end() && next->first < block.at + block.bytes)
    violation("0x%llx, %zu bytes: reaches into a block that lives", block.at, block.bytes);
  if (next != live_.begin() && (--next)->first + next->second.bytes > block.at)
    violation("0x%llx, %zu bytes: within a block that lives", block.at, block.bytes);
  put(block);
}

void Holdings::leave(const Block& block) {
  const std::lock_guard hold{lock_};
  live_.erase(block.at);
  granted_[block.is_pinned][block.is_pinned ? 0 : block.device] -= block.granted;
}

void Holdings::back(const Block& block) {
  const std::lock_guard hold{lock_};
  if (live_.contains(block.at)) violation("0x%llx was handed out though its free was refused", block.at);
  put(block);
}

bool Holdings::holds(CUdeviceptr at) {
  const std::lock_guard hold{lock_};
  return live_.contains(at);
}

bool Holdings::has_room_for(std::size_t bytes, int device, std::uint64_t taken_otherwise) {
  if (!is_alone_ || in_order_) return false;  // others may be about to have it, or give it back
  const std::lock_guard hold{lock_};
  std::size_t total = 0;
  cuDeviceTotalMem(&total, device);
  std::uint64_t taken = taken_otherwise + in_chunks(bytes);
  for (const auto& [at, block] : live_)
    if (!block.is_pinned && block.device == device) taken += in_chunks(block.granted != 0 ? block.granted : 1);
  return taken <= total;
}

/// Pinned memory cannot be given back while any device works: what could not be shed then is allowed.
static bool is_too_much(int device, const weir::profile::PoolRecord& pool) {
  const bool is_put_off = device < 0 && pool.put_off_blocks != 0;
  return !is_put_off && pool.idle_bytes > static_cast<std::int64_t>(pool.idle_max);
}

bool Holdings::is_within_bounds() {
  for (int device = -1; device != devices_; ++device)
    if (const auto* pool = records_.of(device); pool != nullptr && is_too_much(device, *pool)) return false;
  return true;
}

void Holdings::check_account(const char* when) {
  ++g_sums.accounts;
  const std::lock_guard hold{lock_};
  for (int device = -1; device != devices_; ++device) {
    const int kind = device < 0 ? SIMCUDA_PINNED : SIMCUDA_DEVICE;
    const auto driver = static_cast<std::int64_t>(simcuda_live_bytes(device, kind));
    const auto own = static_cast<std::int64_t>(device < 0 ? granted_[1][0] : granted_[0][device]);
    const auto* pool = records_.of(device);
    const std::int64_t kept = pool == nullptr ? 0 : pool->idle_bytes + pool->pending_bytes;
    const bool is_unknown = pool == nullptr && std::getenv("WEIR_OUT") != nullptr;
    if (is_unknown ? driver < own : driver != own + kept && (pool == nullptr || pool->slab_bytes == 0))
      violation("%s, device %d (-1: pinned): the driver's blocks have %ld bytes, the program's %ld, idle %ld, pending %ld",
                when, device, driver, own, pool == nullptr ? 0 : pool->idle_bytes,
                pool == nullptr ? 0 : pool->pending_bytes);
    if (pool == nullptr) continue;
    if (is_too_much(device, *pool))
      violation("%s, device %d: %ld bytes are idle, the bound is %lu", when, device, pool->idle_bytes, pool->idle_max);
    if (pool->idle_bytes < 0 || pool->pending_bytes < 0 || pool->live_bytes < 0 || pool->requested_bytes > pool->live_bytes)
      violation("%s, device %d: idle %ld, pending %ld, live %ld, requested %ld", when, device, pool->idle_bytes,
                pool->pending_bytes, pool->live_bytes, pool->requested_bytes);
  }
}

}  // namespace torture
