// Allocations across processes, and multicast objects.
#include <cstring>

#include "device/device.hpp"
#include "memory/properties.hpp"
#include "memory/vmm.hpp"

namespace simcuda::memory {

CUresult VirtualMemory::share(int* descriptor, Handle handle, CUmemAllocationHandleType type) {
  Allocation* allocation = find(handle);
  if (allocation == nullptr || type != CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR)
    return CUDA_ERROR_INVALID_VALUE;
  if ((allocation->properties.requestedHandleTypes & type) == 0) return CUDA_ERROR_INVALID_VALUE;
  if (!allocation->physical) return CUDA_ERROR_NOT_SUPPORTED;  // a multicast object
  int copy = allocation->physical->file().duplicate();
  if (copy < 0) return CUDA_ERROR_OPERATING_SYSTEM;
  *descriptor = copy;
  return CUDA_SUCCESS;
}

CUresult VirtualMemory::import(Handle* handle, int descriptor) {
  SharedMemory file = SharedMemory::adopt(descriptor, SharedMemory::Kind::Allocation);
  if (!file) return CUDA_ERROR_INVALID_VALUE;
  Allocation made;
  std::memcpy(&made.properties, file.label().payload, sizeof made.properties);
  if (check_properties(made.properties) != CUDA_SUCCESS) return CUDA_ERROR_NOT_SUPPORTED;
  made.bytes = file.bytes();
  made.physical = Physical::import(std::move(file));
  *handle = enter(std::move(made));
  return CUDA_SUCCESS;
}

CUresult VirtualMemory::create_team(Handle* handle, const CUmulticastObjectProp& properties) {
  if (properties.numDevices == 0 || properties.numDevices > devices().size() || properties.flags != 0) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  if (properties.size == 0 || properties.size % kGranularity != 0) return CUDA_ERROR_INVALID_VALUE;
  CUresult result = check_handle_types(properties.handleTypes, CU_MEM_LOCATION_TYPE_DEVICE);
  if (result != CUDA_SUCCESS) return result;
  Allocation made;
  made.properties.type = CU_MEM_ALLOCATION_TYPE_PINNED;
  made.properties.requestedHandleTypes = static_cast<CUmemAllocationHandleType>(properties.handleTypes);
  made.properties.location = {.type = CU_MEM_LOCATION_TYPE_DEVICE, .id = 0};
  made.bytes = properties.size;
  made.team = std::make_unique<Team>();
  made.team->properties = properties;
  *handle = enter(std::move(made));
  return CUDA_SUCCESS;
}

CUresult VirtualMemory::add_device(Handle team, int device) {
  Allocation* object = find(team);
  if (object == nullptr || !object->team) return CUDA_ERROR_INVALID_VALUE;
  if (device_of(device) == nullptr) return CUDA_ERROR_INVALID_DEVICE;
  auto& members = object->team->devices;
  if (members.contains(device) || members.size() == object->team->properties.numDevices) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  members.insert(device);
  return CUDA_SUCCESS;
}

CUresult VirtualMemory::bind(Handle team, std::size_t offset, Handle memory, std::size_t memory_offset,
                             std::size_t bytes) {
  Allocation* object = find(team);
  auto found = allocations_.find(memory);
  if (object == nullptr || !object->team || found == allocations_.end()) return CUDA_ERROR_INVALID_VALUE;
  Allocation& bound = found->second;
  if (!bound.physical || bound.properties.location.type != CU_MEM_LOCATION_TYPE_DEVICE) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  auto is_page = [](std::size_t value) { return value % kGranularity == 0; };
  if (bytes == 0 || !is_page(bytes) || !is_page(offset) || !is_page(memory_offset))
    return CUDA_ERROR_INVALID_VALUE;
  if (memory_offset > bound.bytes || bytes > bound.bytes - memory_offset) return CUDA_ERROR_INVALID_VALUE;
  if (offset > object->bytes || bytes > object->bytes - offset) return CUDA_ERROR_INVALID_VALUE;
  if (object->properties.requestedHandleTypes != 0 && bound.properties.requestedHandleTypes == 0) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  Team& members = *object->team;
  if (members.devices.size() < members.properties.numDevices) return CUDA_ERROR_SYSTEM_NOT_READY;
  int device = bound.properties.location.id;
  if (!members.devices.contains(device)) return CUDA_ERROR_INVALID_DEVICE;
  for (const auto& [place, held] : members.bound) {
    bool overlaps = place.second < offset + bytes && offset < place.second + held.second;
    if (place.first == device && overlaps) return CUDA_ERROR_INVALID_VALUE;
  }
  members.bound[{device, offset}] = {memory, bytes};
  bound.mappings += 1;
  return CUDA_SUCCESS;
}

CUresult VirtualMemory::bind_address(Handle team, std::size_t offset, CUdeviceptr memory, std::size_t bytes) {
  auto [base, mapping] = books_.mapping_at(memory);
  if (mapping == nullptr) return CUDA_ERROR_INVALID_VALUE;
  return bind(team, offset, mapping->allocation, mapping->offset + (memory - base), bytes);
}

CUresult VirtualMemory::unbind(Handle team, int device, std::size_t offset, std::size_t bytes) {
  Allocation* object = find(team);
  if (object == nullptr || !object->team) return CUDA_ERROR_INVALID_VALUE;
  if (device_of(device) == nullptr) return CUDA_ERROR_INVALID_DEVICE;
  auto held = object->team->bound.find({device, offset});
  if (held == object->team->bound.end() || held->second.second != bytes) return CUDA_ERROR_INVALID_VALUE;
  Handle memory = held->second.first;
  object->team->bound.erase(held);
  allocations_.at(memory).mappings -= 1;
  drop_if_unused(memory);
  return CUDA_SUCCESS;
}

}  // namespace simcuda::memory
