#include "memory/properties.hpp"

#include <unistd.h>

#include <string>

#include "device/device.hpp"

namespace simcuda::memory {
namespace {

bool numa_node_exists(int node) {
  if (node == 0) return true;  // also where the system knows no nodes
  std::string path = "/sys/devices/system/node/node" + std::to_string(node);
  return node > 0 && access(path.c_str(), F_OK) == 0;
}

}  // namespace

CUresult check_location(const CUmemLocation& location) {
  switch (location.type) {
    case CU_MEM_LOCATION_TYPE_DEVICE:
      return device_of(location.id) != nullptr ? CUDA_SUCCESS : CUDA_ERROR_INVALID_DEVICE;
    case CU_MEM_LOCATION_TYPE_HOST: return CUDA_SUCCESS;
    case CU_MEM_LOCATION_TYPE_HOST_NUMA:
      return numa_node_exists(location.id) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
    default: return CUDA_ERROR_INVALID_VALUE;
  }
}

CUresult check_handle_types(unsigned long long types, CUmemLocationType where) {
  constexpr unsigned long long kKnown = CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR | CU_MEM_HANDLE_TYPE_WIN32 |
                                        CU_MEM_HANDLE_TYPE_WIN32_KMT | CU_MEM_HANDLE_TYPE_FABRIC;
  if ((types & ~kKnown) != 0) return CUDA_ERROR_INVALID_VALUE;
  if (where == CU_MEM_LOCATION_TYPE_HOST && types != 0) return CUDA_ERROR_INVALID_VALUE;
  return (types & ~static_cast<unsigned long long>(kExportable)) == 0 ? CUDA_SUCCESS
                                                                      : CUDA_ERROR_NOT_SUPPORTED;
}

CUresult check_properties(const CUmemAllocationProp& properties) {
  if (properties.type != CU_MEM_ALLOCATION_TYPE_PINNED) return CUDA_ERROR_INVALID_VALUE;
  if (properties.win32HandleMetaData != nullptr) return CUDA_ERROR_INVALID_VALUE;
  CUresult result = check_location(properties.location);
  if (result != CUDA_SUCCESS) return result;
  return check_handle_types(properties.requestedHandleTypes, properties.location.type);
}

}  // namespace simcuda::memory
