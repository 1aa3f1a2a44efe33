// What an allocation may be asked to be: the checks that cuMemCreate, cuMemGetAllocationGranularity, pools and
// multicast objects have in common.
#pragma once

#include <cuda.h>

#include <cstddef>

namespace simcuda::memory {

/// Pages of allocations and of multicast objects, minimum and recommended alike.
constexpr std::size_t kGranularity = std::size_t{2} << 20;

/// Exactly one kind of handle can be exported here.
constexpr unsigned kExportable = CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR;

/// CUDA_SUCCESS for a device that exists, the host, or a NUMA node that exists.
[[nodiscard]] CUresult check_location(const CUmemLocation& location);
[[nodiscard]] CUresult check_handle_types(unsigned long long types, CUmemLocationType where);
[[nodiscard]] CUresult check_properties(const CUmemAllocationProp& properties);

[[nodiscard]] inline bool is_host(CUmemLocationType type) {
  return type == CU_MEM_LOCATION_TYPE_HOST || type == CU_MEM_LOCATION_TYPE_HOST_NUMA;
}

}  // namespace simcuda::memory
