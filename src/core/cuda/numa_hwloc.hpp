// What hwloc knows of a device's place. Asked only where the machine has several memory nodes and sysfs does not say.
//
// hwloc loads plugins, allocates by the program's malloc, and moves the thread that asks it from processor to processor. A thread
// of weir's own does that, so that nothing of it happens to the program's: that one waits for a moment at most, also when the
// loader is held by a constructor which waits for it.
#pragma once

#include <string_view>

namespace weir::cuda {

/// -1: hwloc is not there, does not know, or has not answered yet.
[[nodiscard]] int node_by_hwloc(std::string_view pci_address) noexcept;

/// An answer is still to come: ask again.
[[nodiscard]] bool is_hwloc_busy() noexcept;

/// The question itself, on the calling thread. `library` is the path or name of hwloc.
[[nodiscard]] int ask_hwloc(const char* library, const char* pci_address) noexcept;

}  // namespace weir::cuda
