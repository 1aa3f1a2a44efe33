// The pool of page-locked memory: cuMemHostAlloc, cuMemAllocHost_v2, cuMemFreeHost.
//
// Any context may use such memory, so a freed block is idle when the work of all contexts that were seen is done. A domain is a
// set of flags and the context that takes the memory along when it ends; the header calls all of it portable where addresses
// are unified, but it is not said to outlive its context.
//
//   sizes       Fine classes. Up to 64 KiB a class has no page more than the request; beyond, at most 1/8 more bytes
//   flags       different ones never share a block, so cuMemHostGetFlags and cuMemHostGetDevicePointer are the driver's own
//   addresses   the driver's own blocks, whole: attributes and ranges are the driver's, too, and its pages stay where a network
//               card or a cache of registrations knows them. No memory of the program's lies on them: cuMemHostRegister meets an
//               idle block only where the program goes on using what it has freed
#pragma once

#include "core/cuda/call.hpp"

namespace weir::cuda {

/// As `real`, from the pool where that is possible. `*out` is set on success only; `owner` is then where the block is from.
[[nodiscard]] CUresult pooled_allocate_host(Call& call, CUresult (*real)(void**, std::size_t), void** out,
                                            std::size_t bytes, Owner& owner) noexcept;
[[nodiscard]] CUresult pooled_allocate_host(Call& call, CUresult (*real)(void**, std::size_t, unsigned),
                                            void** out, std::size_t bytes, unsigned flags,
                                            Owner& owner) noexcept;
/// As `real`; also for blocks that no pool knows.
[[nodiscard]] CUresult pooled_free_host(CUresult (*real)(void*), void* block) noexcept;

/// Others may hold the block that begins here beyond its free, or a setting stays with it (CU_POINTER_ATTRIBUTE_SYNC_MEMOPS): it is
/// really freed when the program frees it.
void export_from_pinned_pool(CUdeviceptr block) noexcept;

/// What the program asked for, of a pooled block that begins here; 0: there is none.
[[nodiscard]] std::uint64_t pooled_host_bytes_at(CUdeviceptr block) noexcept;
/// The pool has a block that begins here, and the program has not.
[[nodiscard]] bool is_freed_in_pinned_pool(CUdeviceptr block) noexcept;
/// Another call found no memory: gives back what it can without waiting. Null: that was nothing; else its numbers.
[[nodiscard]] profile::PoolRecord* pinned_pool_gives_back() noexcept;
/// Cheap: there is something to ask about.
[[nodiscard]] bool has_pinned_pool() noexcept;

/// How far the deferred frees had come when the program began to wait for a context, by domain. All zero: that proves nothing,
/// because others are alive, too.
struct PinnedFrees {
  static constexpr std::uint32_t kMost = 16;  ///< the domains of a program that has one context
  std::uint64_t upto[kMost];
};
[[nodiscard]] PinnedFrees newest_pinned_frees(int number) noexcept;
/// It has waited with success.
void pinned_pool_settled(const PinnedFrees& frees) noexcept;

// The ends of contexts, by their numbers (contexts_seen.hpp), around the driver's function. -1: of a context that has none.
void pinned_pool_ending(int number) noexcept;
void pinned_pool_ended(int number, bool is_over) noexcept;

}  // namespace weir::cuda
