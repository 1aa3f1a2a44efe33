// Where a request wants its memory, in weir's terms.
#pragma once

#include "core/cuda/call.hpp"

namespace weir::cuda {

struct Place {
  Space space;
  std::uint8_t device;
};

/// `otherwise` is the device where the location names none.
inline Place place_of(const CUmemLocation& location, CUmemAllocationType type,
                      std::uint8_t otherwise) noexcept {
  const bool is_device = location.type == CU_MEM_LOCATION_TYPE_DEVICE;
  const bool is_managed = type == CU_MEM_ALLOCATION_TYPE_MANAGED;
  const bool is_host = location.type == CU_MEM_LOCATION_TYPE_HOST ||
                       location.type == CU_MEM_LOCATION_TYPE_HOST_NUMA ||
                       location.type == CU_MEM_LOCATION_TYPE_HOST_NUMA_CURRENT;
  return {.space = is_managed ? Space::Managed
                   : is_host  ? Space::Pinned
                              : Space::Device,
          .device = is_device ? static_cast<std::uint8_t>(location.id) : otherwise};
}

}  // namespace weir::cuda
