// The pool of plain device memory: cuMemAlloc_v2 and cuMemFree_v2, served by pool::SharedPool over the driver.
//
// A domain is a context. What has to be waited for, or marked, before a block of a context is idle, is the work of that
// context and of those that were given access to its memory (contexts_seen.hpp).
#pragma once

#include "core/cuda/call.hpp"

namespace weir::cuda {

/// As `real`, from the pool where that is possible. `*out` is set on success only.
[[nodiscard]] CUresult pooled_allocate(Call& call, CUresult (*real)(CUdeviceptr*, std::size_t),
                                       CUdeviceptr* out, std::size_t bytes) noexcept;
/// As `real`; also for blocks that no pool knows.
[[nodiscard]] CUresult pooled_free(Call& call, CUresult (*real)(CUdeviceptr), CUdeviceptr block) noexcept;

/// The block leaves the pool: the driver is about to free it by another way (cuMemFreeAsync), or others may hold it beyond
/// its free (IPC, RDMA: `is_exported`). Any address within the block.
void leave_device_pool(CUdeviceptr address) noexcept;
void export_from_device_pool(CUdeviceptr address) noexcept;

/// What the program asked for, of a pooled block that begins here; 0: there is none.
[[nodiscard]] std::uint64_t pooled_bytes_at(CUdeviceptr block) noexcept;

/// Has the program freed the block that begins here, and the pool kept it?
[[nodiscard]] bool is_freed_in_device_pool(CUdeviceptr block) noexcept;
/// False: there is no pooled block.
[[nodiscard]] bool has_device_pool() noexcept;

/// What the device's pool has now. Bytes.
struct PoolStock {
  std::uint64_t live, idle, pending, largest_idle, largest_pending;
};
[[nodiscard]] PoolStock device_pool_stock(std::uint8_t device) noexcept;
/// Its numbers, made when they are new.
[[nodiscard]] profile::PoolRecord& device_pool_record(std::uint8_t device) noexcept;

/// Freed but not given back, on this device: what a program would have seen as free.
[[nodiscard]] std::uint64_t pooled_free_bytes(std::uint8_t device) noexcept;

// The ends of contexts, around the driver's function.
void device_pool_ending(std::uint64_t context) noexcept;
void device_pool_ended(std::uint64_t context, bool is_over) noexcept;

}  // namespace weir::cuda
