// The size of a device, and how much of it is free, as the program sees them.
#pragma once

#include <cstdint>

namespace weir::cuda {

struct MemoryInfo {
  std::uint64_t free, total;
};

/// Of what the driver says: what pools keep is free, and WEIR_DEVICE_LIMIT makes the device smaller.
[[nodiscard]] MemoryInfo as_program_sees(MemoryInfo drivers, std::uint8_t device) noexcept;

}  // namespace weir::cuda
