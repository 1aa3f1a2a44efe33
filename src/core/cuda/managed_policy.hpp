// What may become managed memory, and what is done for managed memory: WEIR_MANAGED_ADVISE, WEIR_MANAGED_PREFETCH.
//
// A request for device memory stays one
//   while a stream is captured, or where no context is current;
//   for libraries that know what they ask for (NCCL, NVSHMEM, UCX, MPI, libfabric);
//   where such a library is loaded at all, unless forced: it takes other ways with managed memory, and some of them fail;
//   on a device without managed memory that host and device may use at the same time.
// For the last two the profile has a warning, and stderr one line.
//
// Prefetches go to a stream of their own, which waits for nobody and for which nobody waits; it is made for the prefetch and
// gone with it. In the legacy stream a prefetch would wait for all that was submitted before and hold up what comes after: two
// kernels that wait for each other would do so for ever.
#pragma once

#include "core/cuda/call.hpp"

namespace weir::cuda {

[[nodiscard]] bool may_be_managed(const Call& call, const Owner& owner) noexcept;

/// As cuMemAllocManaged, attached globally.
[[nodiscard]] CUresult ask_for_managed(CUdeviceptr* out, std::size_t bytes) noexcept;

/// Gives advice and prefetches, as the user wants it. Whatever of it fails is the program's no concern.
void tend_managed(const Call& call, const Owner& owner, CUdeviceptr block, std::size_t bytes) noexcept;

/// Finds all that is asked of the driver here.
void find_managed_functions() noexcept;

}  // namespace weir::cuda
