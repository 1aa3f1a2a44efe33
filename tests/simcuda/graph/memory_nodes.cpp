#include "graph/memory_nodes.hpp"

#include <algorithm>
#include <map>
#include <optional>

#include "base/lock.hpp"
#include "device/context.hpp"
#include "device/device.hpp"
#include "device/drain.hpp"
#include "heap/blocks.hpp"
#include "heap/store.hpp"
#include "heap/window.hpp"

namespace simcuda::graph {
namespace {

struct Reservation {
  Context* context = nullptr;
  int device = 0;
  std::size_t bytes = 0;                  // as asked for
  std::size_t rounded = 0;                // to chunks: what it takes
  std::optional<std::uint64_t> physical;  // its place in the device's store; kept until trimmed
  bool backed = false;
  bool dropped = false;  // no graph has it any more
};

// Under the driver's lock.
std::map<CUdeviceptr, Reservation>& reservations() {
  static auto& all = *new std::map<CUdeviceptr, Reservation>;
  return all;
}
std::map<int, GraphMemory>& statistics() {
  static auto& all = *new std::map<int, GraphMemory>;
  return all;
}

void give_physical(Reservation& reservation) {
  if (!reservation.physical) return;
  store_of(reservation.device).give(*reservation.physical, reservation.rounded);
  reservation.physical.reset();
  statistics()[reservation.device].reserved -= reservation.rounded;
}

bool take_physical_for(Reservation& reservation) {
  if (reservation.physical) return true;
  reservation.physical = store_of(reservation.device).take(reservation.rounded);
  if (!reservation.physical) return false;
  GraphMemory& memory = statistics()[reservation.device];
  memory.reserved += reservation.rounded;
  memory.reserved_high = std::max(memory.reserved_high, memory.reserved);
  return true;
}

void erase_if_unused(CUdeviceptr address) {
  const auto found = reservations().find(address);
  if (found == reservations().end() || !found->second.dropped || found->second.backed) return;
  give_physical(found->second);
  window().give(address, found->second.rounded);
  reservations().erase(found);
}

// What cuMemFree does with it.
CUresult release(CUdeviceptr address) {
  Context* context = locked([&]() -> Context* {
    const auto found = reservations().find(address);
    return found == reservations().end() ? nullptr : found->second.context;
  });
  if (context == nullptr) return CUDA_ERROR_INVALID_VALUE;
  const CUresult left = context->alive ? drain(*context) : CUDA_SUCCESS;
  return left != CUDA_SUCCESS ? left : unback_memory(address);
}

}  // namespace

CUresult reserve_memory(Context& context, CUDA_MEM_ALLOC_NODE_PARAMS& parameters) {
  const CUmemPoolProps& pool = parameters.poolProps;
  if (parameters.bytesize == 0 || pool.allocType != CU_MEM_ALLOCATION_TYPE_PINNED ||
      pool.location.type != CU_MEM_LOCATION_TYPE_DEVICE || device_of(pool.location.id) == nullptr ||
      pool.handleTypes != CU_MEM_HANDLE_TYPE_NONE)
    return CUDA_ERROR_INVALID_VALUE;
  if (parameters.bytesize > device_of(pool.location.id)->memory) return CUDA_ERROR_OUT_OF_MEMORY;
  return locked([&] {
    const std::size_t rounded = (parameters.bytesize + kChunk - 1) / kChunk * kChunk;
    const auto address = window().take(rounded);
    if (!address) return CUDA_ERROR_OUT_OF_MEMORY;
    reservations().emplace(
        *address, Reservation{&context, pool.location.id, parameters.bytesize, rounded, {}, false, false});
    parameters.dptr = *address;
    return CUDA_SUCCESS;
  });
}

void drop_memory(CUdeviceptr address) {
  locked([&] {
    const auto found = reservations().find(address);
    if (found == reservations().end()) return;
    found->second.dropped = true;
    erase_if_unused(address);
  });
}

CUresult back_memory(CUdeviceptr address) {
  return locked([&] {
    const auto found = reservations().find(address);
    if (found == reservations().end() || found->second.backed) return CUDA_ERROR_INVALID_VALUE;
    Reservation& reservation = found->second;
    if (!take_physical_for(reservation)) return CUDA_ERROR_OUT_OF_MEMORY;
    Block block;
    block.base = address;
    block.bytes = reservation.bytes;
    block.kind = Kind::pool;
    block.device = reservation.device;
    Store& store = store_of(reservation.device);
    block.backing = store.at(*reservation.physical);
    block.fd = store.fd();
    block.fd_offset = *reservation.physical;
    block.release = release;
    add_block(block);
    reservation.backed = true;
    GraphMemory& memory = statistics()[reservation.device];
    memory.used += reservation.rounded;
    memory.used_high = std::max(memory.used_high, memory.used);
    return CUDA_SUCCESS;
  });
}

CUresult unback_memory(CUdeviceptr address) {
  return locked([&] {
    const auto found = reservations().find(address);
    if (found == reservations().end() || !found->second.backed) return CUDA_ERROR_INVALID_VALUE;
    remove_block(address);
    found->second.backed = false;
    statistics()[found->second.device].used -= found->second.rounded;
    erase_if_unused(address);
    return CUDA_SUCCESS;
  });
}

bool is_graph_memory(CUdeviceptr address) {
  return locked([&] { return reservations().count(address) == 1; });
}

bool in_graph_memory(CUdeviceptr address, std::size_t bytes) {
  return locked([&] {
    auto after = reservations().upper_bound(address);
    if (after == reservations().begin()) return false;
    const auto& [base, reservation] = *std::prev(after);
    const std::size_t from = address - base;
    return from <= reservation.bytes && bytes <= reservation.bytes - from;
  });
}

bool is_backed(CUdeviceptr address) {
  return locked([&] {
    const auto found = reservations().find(address);
    return found != reservations().end() && found->second.backed;
  });
}

GraphMemory graph_memory(int device) {
  return locked([&] { return statistics()[device]; });
}

void reset_high(int device, bool used, bool reserved) {
  locked([&] {
    GraphMemory& memory = statistics()[device];
    if (used) memory.used_high = memory.used;
    if (reserved) memory.reserved_high = memory.reserved;
  });
}

void trim_graph_memory(int device) {
  locked([&] {
    for (auto& [address, reservation] : reservations())
      if (reservation.device == device && !reservation.backed) give_physical(reservation);
  });
}

}  // namespace simcuda::graph
