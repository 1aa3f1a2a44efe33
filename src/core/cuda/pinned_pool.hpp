// The pool of page-locked memory: cuMemHostAlloc, cuMemAllocHost_v2, cuMemFreeHost.
//
// Any context may use such memory, so a freed block is idle when the work of all contexts that were seen is done. A domain is
// a set of flags and the context that takes the memory along when it ends.
#pragma once

#include "core/cuda/call.hpp"

namespace weir::cuda {

using AllocateHost = CUresult (*)(void**, std::size_t, unsigned flags);

/// As cuMemHostAlloc with these flags, from the pool where that is possible. `fresh` allocates from the driver.
template <class Fresh>
[[nodiscard]] CUresult pooled_allocate_host(Call& call, void** out, std::size_t bytes, unsigned flags,
                                            Fresh fresh) noexcept;
/// As `real`; also for blocks that no pool knows.
[[nodiscard]] CUresult pooled_free_host(Call& call, CUresult (*real)(void*), void* block) noexcept;

void pinned_pool_ending(std::uint64_t context) noexcept;
void pinned_pool_ended(std::uint64_t context, bool is_over) noexcept;

}  // namespace weir::cuda
