// On which memory node new page-locked memory is to lie.
//
//   sysfs    what the kernel knows of the device's place: one small file
//   hwloc    what it knows beyond that; loaded only where there are several nodes and sysfs says nothing
#pragma once

#include <cstdint>
#include <string_view>

#include "core/platform/numa.hpp"

namespace weir::cuda {

/// By WEIR_PINNED_NUMA, while this device is current. Negative: wherever the kernel likes, as on a machine of one node.
[[nodiscard]] int node_for_pinned(std::uint8_t device) noexcept;

/// The node among `nodes` that is nearest to the PCI device; -1: nobody knows. `otherwise` is asked when sysfs does not know.
[[nodiscard]] int nearest_node(std::string_view pci_address, const platform::NodeSet& nodes,
                               const char* sysfs,
                               int (*otherwise)(std::string_view pci_address) noexcept) noexcept;

}  // namespace weir::cuda
