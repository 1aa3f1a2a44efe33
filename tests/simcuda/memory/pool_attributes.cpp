// What may be asked of a pool, and who may access it.
#include <cstring>

#include "device/device.hpp"
#include "memory/pool.hpp"
#include "memory/properties.hpp"

namespace simcuda::memory {

CUresult Pool::set_attribute(CUmemPool_attribute attribute, const void* value) {
  if (is_import()) return CUDA_ERROR_INVALID_VALUE;
  auto flag = [&] {
    int number = 0;
    std::memcpy(&number, value, sizeof number);
    return number != 0;
  };
  cuuint64_t number = 0;
  bool is_wide = attribute >= CU_MEMPOOL_ATTR_RELEASE_THRESHOLD && attribute <= CU_MEMPOOL_ATTR_USED_MEM_HIGH;
  if (is_wide) std::memcpy(&number, value, sizeof number);
  switch (attribute) {
    case CU_MEMPOOL_ATTR_REUSE_FOLLOW_EVENT_DEPENDENCIES: reuse_.follow_event_dependencies = flag(); break;
    case CU_MEMPOOL_ATTR_REUSE_ALLOW_OPPORTUNISTIC: reuse_.opportunistic = flag(); break;
    case CU_MEMPOOL_ATTR_REUSE_ALLOW_INTERNAL_DEPENDENCIES: reuse_.internal_dependencies = flag(); break;
    case CU_MEMPOOL_ATTR_RELEASE_THRESHOLD: threshold_ = number; break;
    case CU_MEMPOOL_ATTR_RESERVED_MEM_HIGH:
      if (number != 0) return CUDA_ERROR_INVALID_VALUE;
      reserved_high_ = blocks_.reserved_bytes();
      break;
    case CU_MEMPOOL_ATTR_USED_MEM_HIGH:
      if (number != 0) return CUDA_ERROR_INVALID_VALUE;
      used_high_ = blocks_.used_bytes();
      break;
    default: return CUDA_ERROR_INVALID_VALUE;
  }
  return CUDA_SUCCESS;
}

CUresult Pool::attribute(CUmemPool_attribute attribute, void* value) const {
  if (is_import()) return CUDA_ERROR_INVALID_VALUE;
  auto flag = [&](bool on) {
    int number = on ? 1 : 0;
    std::memcpy(value, &number, sizeof number);
    return CUDA_SUCCESS;
  };
  auto wide = [&](cuuint64_t number) {
    std::memcpy(value, &number, sizeof number);
    return CUDA_SUCCESS;
  };
  switch (attribute) {
    case CU_MEMPOOL_ATTR_REUSE_FOLLOW_EVENT_DEPENDENCIES: return flag(reuse_.follow_event_dependencies);
    case CU_MEMPOOL_ATTR_REUSE_ALLOW_OPPORTUNISTIC: return flag(reuse_.opportunistic);
    case CU_MEMPOOL_ATTR_REUSE_ALLOW_INTERNAL_DEPENDENCIES: return flag(reuse_.internal_dependencies);
    case CU_MEMPOOL_ATTR_RELEASE_THRESHOLD: return wide(threshold_);
    case CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT: return wide(blocks_.reserved_bytes());
    case CU_MEMPOOL_ATTR_RESERVED_MEM_HIGH: return wide(reserved_high_);
    case CU_MEMPOOL_ATTR_USED_MEM_CURRENT: return wide(blocks_.used_bytes());
    case CU_MEMPOOL_ATTR_USED_MEM_HIGH: return wide(used_high_);
    default: return CUDA_ERROR_INVALID_VALUE;
  }
}

CUresult Pool::set_access(const CUmemAccessDesc& wanted, bool only_check) {
  bool known = wanted.flags == CU_MEM_ACCESS_FLAGS_PROT_NONE ||
               wanted.flags == CU_MEM_ACCESS_FLAGS_PROT_READ ||
               wanted.flags == CU_MEM_ACCESS_FLAGS_PROT_READWRITE;
  if (!known || wanted.location.type != CU_MEM_LOCATION_TYPE_DEVICE) return CUDA_ERROR_INVALID_VALUE;
  int device = wanted.location.id;
  if (device_of(device) == nullptr) return CUDA_ERROR_INVALID_VALUE;
  const CUmemLocation& home = properties_.location;
  if (home.type == CU_MEM_LOCATION_TYPE_DEVICE) {
    // A device's access to its own pool cannot be taken away.
    if (device == home.id) {
      return wanted.flags == CU_MEM_ACCESS_FLAGS_PROT_READWRITE ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
    }
    if (!can_access_peer(device, home.id)) return CUDA_ERROR_INVALID_VALUE;
  }
  if (!only_check) access_[device] = wanted.flags;
  return CUDA_SUCCESS;
}

CUresult Pool::access(CUmemAccess_flags* flags, const CUmemLocation& location) const {
  if (check_location(location) != CUDA_SUCCESS) return CUDA_ERROR_INVALID_VALUE;
  const CUmemLocation& home = properties_.location;
  bool at_home = location.type == CU_MEM_LOCATION_TYPE_DEVICE
                     ? home.type == CU_MEM_LOCATION_TYPE_DEVICE && home.id == location.id
                     : is_host(home.type);
  auto found = location.type == CU_MEM_LOCATION_TYPE_DEVICE ? access_.find(location.id) : access_.end();
  if (at_home) {
    *flags = CU_MEM_ACCESS_FLAGS_PROT_READWRITE;
  } else {
    *flags = found == access_.end() ? CU_MEM_ACCESS_FLAGS_PROT_NONE : found->second;
  }
  return CUDA_SUCCESS;
}

}  // namespace simcuda::memory
