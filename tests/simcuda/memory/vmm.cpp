#include "memory/vmm.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <utility>

#include "device/device.hpp"
#include "heap/blocks.hpp"
#include "heap/window.hpp"
#include "memory/properties.hpp"

namespace simcuda::memory {
namespace {

bool aligned(std::size_t value, std::size_t to) { return value % to == 0; }

Accessor accessor_of(const CUmemLocation& location) {
  bool has_id = location.type == CU_MEM_LOCATION_TYPE_DEVICE;
  return {.type = location.type, .id = has_id ? location.id : 0};
}

}  // namespace

CUresult VirtualMemory::reserve(CUdeviceptr* base, std::size_t bytes, std::size_t alignment,
                                CUdeviceptr hint) {
  auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  if (bytes == 0 || !aligned(bytes, page) || !aligned(hint, page)) return CUDA_ERROR_INVALID_VALUE;
  if (alignment != 0 && !std::has_single_bit(alignment)) return CUDA_ERROR_INVALID_VALUE;

  std::size_t align = std::max<std::size_t>(alignment, kChunk);
  bool hint_fits = hint != 0 && aligned(hint, align) && window().contains(hint);
  CUdeviceptr address = 0;
  if (hint_fits && window().take_at(hint, bytes)) {
    address = hint;
  } else if (auto taken = window().take(bytes, align)) {
    address = *taken;
  } else {
    return CUDA_ERROR_OUT_OF_MEMORY;
  }
  std::byte* shadow = reserve_addresses(bytes);
  if (shadow == nullptr) {
    window().give(address, bytes);
    return CUDA_ERROR_OUT_OF_MEMORY;
  }
  ranges_[address] = {.bytes = bytes, .shadow = shadow};
  books_.add(address, bytes);
  *base = address;
  return CUDA_SUCCESS;
}

CUresult VirtualMemory::release_addresses(CUdeviceptr base, std::size_t bytes) {
  if (!books_.remove(base, bytes)) return CUDA_ERROR_INVALID_VALUE;
  auto range = ranges_.extract(base);
  memory::release_addresses(range.mapped().shadow, bytes);
  window().give(base, bytes);
  return CUDA_SUCCESS;
}

CUresult VirtualMemory::create(Handle* handle, std::size_t bytes, const CUmemAllocationProp& properties) {
  CUresult result = check_properties(properties);
  if (result != CUDA_SUCCESS) return result;
  if (bytes == 0 || !aligned(bytes, kGranularity)) return CUDA_ERROR_INVALID_VALUE;

  Allocation made{.properties = properties, .physical = nullptr, .team = nullptr, .bytes = bytes};
  made.properties.allocFlags.compressionType = CU_MEM_ALLOCATION_COMP_NONE;  // no device here compresses
  bool on_device = properties.location.type == CU_MEM_LOCATION_TYPE_DEVICE;
  made.physical = Physical::take({.device = on_device ? properties.location.id : Physical::kHost,
                                  .bytes = bytes,
                                  .shareable = properties.requestedHandleTypes != 0,
                                  .kind = SharedMemory::Kind::Allocation,
                                  .payload = &made.properties,
                                  .payload_bytes = sizeof made.properties});
  if (!made.physical) return CUDA_ERROR_OUT_OF_MEMORY;
  *handle = enter(std::move(made));
  return CUDA_SUCCESS;
}

CUresult VirtualMemory::release(Handle handle) {
  Allocation* allocation = find(handle);
  if (allocation == nullptr) return CUDA_ERROR_INVALID_VALUE;
  allocation->handles -= 1;
  drop_if_unused(handle);
  return CUDA_SUCCESS;
}

CUresult VirtualMemory::retain(Handle* handle, CUdeviceptr mapped_address) {
  auto [base, mapping] = books_.mapping_at(mapped_address);
  if (mapping == nullptr) return CUDA_ERROR_INVALID_VALUE;
  allocations_.at(mapping->allocation).handles += 1;
  *handle = mapping->allocation;
  return CUDA_SUCCESS;
}

Allocation* VirtualMemory::find(Handle handle) {
  auto found = allocations_.find(handle);
  if (found == allocations_.end() || found->second.handles == 0) return nullptr;
  return &found->second;
}

CUresult VirtualMemory::map(CUdeviceptr base, std::size_t bytes, std::size_t offset, Handle handle) {
  Allocation* allocation = find(handle);
  if (allocation == nullptr || offset != 0 || bytes == 0) return CUDA_ERROR_INVALID_VALUE;
  if (!aligned(base, kGranularity) || !aligned(bytes, kGranularity)) return CUDA_ERROR_INVALID_VALUE;
  if (bytes > allocation->bytes || !books_.is_free(base, bytes)) return CUDA_ERROR_INVALID_VALUE;
  if (allocation->team && allocation->team->devices.size() < allocation->team->properties.numDevices) {
    return CUDA_ERROR_SYSTEM_NOT_READY;
  }
  std::byte* shadow = shadow_of(base);
  if (allocation->physical && !allocation->physical->show(shadow, bytes, offset, PROT_READ | PROT_WRITE)) {
    return CUDA_ERROR_OUT_OF_MEMORY;
  }
  Block block;
  block.base = base;
  block.bytes = bytes;
  block.kind = Kind::mapped;
  const CUmemLocation& home = allocation->properties.location;
  block.device = home.type == CU_MEM_LOCATION_TYPE_DEVICE ? home.id : 0;
  block.backing = nullptr;  // out of reach until somebody has access
  block.handle_types = allocation->properties.requestedHandleTypes;
  auto range = std::prev(ranges_.upper_bound(base));
  block.range_base = range->first;
  block.range_bytes = range->second.bytes;
  block.memory_id = handle;
  if (!add_block(block)) return CUDA_ERROR_INVALID_VALUE;
  allocation->mappings += 1;
  return books_.map(base, {.bytes = bytes, .offset = offset, .allocation = handle, .access = {}})
             ? CUDA_SUCCESS
             : CUDA_ERROR_INVALID_VALUE;
}

CUresult VirtualMemory::unmap(CUdeviceptr base, std::size_t bytes) {
  auto mappings = books_.whole_mappings(base, bytes);
  if (mappings.empty()) return CUDA_ERROR_INVALID_VALUE;
  for (auto [address, mapping] : mappings) {
    Handle handle = mapping->allocation;
    remove_block(address);
    Physical::hide(shadow_of(address), mapping->bytes);
    window().close(address, mapping->bytes);
    books_.unmap(address);
    allocations_.at(handle).mappings -= 1;
    drop_if_unused(handle);
  }
  return CUDA_SUCCESS;
}

CUresult VirtualMemory::set_access(CUdeviceptr base, std::size_t bytes,
                                   std::span<const CUmemAccessDesc> wanted) {
  auto mappings = books_.whole_mappings(base, bytes);
  if (mappings.empty() || wanted.empty()) return CUDA_ERROR_INVALID_VALUE;
  for (auto [address, mapping] : mappings) {
    for (const CUmemAccessDesc& each : wanted) {
      CUresult result = check_access(allocations_.at(mapping->allocation), each);
      if (result != CUDA_SUCCESS) return result;
    }
  }
  for (auto [address, mapping] : mappings) {
    for (const CUmemAccessDesc& each : wanted) mapping->access[accessor_of(each.location)] = each.flags;
    apply_access(address, *mapping);
  }
  return CUDA_SUCCESS;
}

CUresult VirtualMemory::access(unsigned long long* flags, const CUmemLocation& location,
                               CUdeviceptr address) {
  CUresult result = check_location(location);
  if (result != CUDA_SUCCESS) return result;
  auto [base, mapping] = books_.mapping_at(address);
  if (mapping == nullptr) return CUDA_ERROR_INVALID_VALUE;
  auto found = mapping->access.find(accessor_of(location));
  *flags = found == mapping->access.end() ? CU_MEM_ACCESS_FLAGS_PROT_NONE : found->second;
  return CUDA_SUCCESS;
}

Handle VirtualMemory::enter(Allocation allocation) {
  allocations_.emplace(++last_, std::move(allocation));
  return last_;
}

void VirtualMemory::drop_if_unused(Handle handle) {
  auto found = allocations_.find(handle);
  if (found->second.handles > 0 || found->second.mappings > 0) return;
  if (found->second.team) {
    for (const auto& [place, memory] : std::exchange(found->second.team->bound, {})) {
      allocations_.at(memory.first).mappings -= 1;
      drop_if_unused(memory.first);
    }
  }
  allocations_.erase(handle);
}

std::byte* VirtualMemory::shadow_of(CUdeviceptr address) const {
  auto range = std::prev(ranges_.upper_bound(address));
  return range->second.shadow + (address - range->first);
}

CUresult VirtualMemory::check_access(const Allocation& allocation, const CUmemAccessDesc& wanted) const {
  CUresult result = check_location(wanted.location);
  bool is_node = wanted.location.type == CU_MEM_LOCATION_TYPE_HOST_NUMA;  // its id is ignored here
  if (result != CUDA_SUCCESS && !is_node) return result;
  bool known = wanted.flags == CU_MEM_ACCESS_FLAGS_PROT_NONE ||
               wanted.flags == CU_MEM_ACCESS_FLAGS_PROT_READ ||
               wanted.flags == CU_MEM_ACCESS_FLAGS_PROT_READWRITE;
  if (!known) return CUDA_ERROR_INVALID_VALUE;
  const CUmemLocation& home = allocation.properties.location;
  if (is_host(wanted.location.type)) {
    return is_host(home.type) && !allocation.team ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
  }
  int device = wanted.location.id;
  if (allocation.team) {
    return allocation.team->devices.contains(device) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_DEVICE;
  }
  bool reaches = is_host(home.type) || home.id == device || can_access_peer(device, home.id);
  return reaches ? CUDA_SUCCESS : CUDA_ERROR_INVALID_DEVICE;
}

void VirtualMemory::apply_access(CUdeviceptr base, Reservations::Mapping& mapping) {
  const Allocation& allocation = allocations_.at(mapping.allocation);
  if (!allocation.physical) return;
  bool device_reaches = false;
  CUmemAccess_flags host = CU_MEM_ACCESS_FLAGS_PROT_NONE;
  for (const auto& [who, flags] : mapping.access) {
    if (who.type == CU_MEM_LOCATION_TYPE_DEVICE) {
      device_reaches = device_reaches || flags != CU_MEM_ACCESS_FLAGS_PROT_NONE;
    } else {
      host = std::max(host, flags);
    }
  }
  bool reached = device_reaches || host != CU_MEM_ACCESS_FLAGS_PROT_NONE;
  block_at(base)->backing = reached ? shadow_of(base) : nullptr;
  block_at(base)->on_host = host != CU_MEM_ACCESS_FLAGS_PROT_NONE;
  if (!is_host(allocation.properties.location.type)) return;
  auto* place = reinterpret_cast<void*>(base);
  if (host == CU_MEM_ACCESS_FLAGS_PROT_NONE) {
    window().close(base, mapping.bytes);
  } else {
    int protection = host == CU_MEM_ACCESS_FLAGS_PROT_READ ? PROT_READ : PROT_READ | PROT_WRITE;
    (void)allocation.physical->show(place, mapping.bytes, mapping.offset, protection);
  }
}

VirtualMemory& virtual_memory() {
  static auto& only = *new VirtualMemory;
  return only;
}

}  // namespace simcuda::memory
