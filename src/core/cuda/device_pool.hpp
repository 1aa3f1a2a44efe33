// The pool of plain device memory: cuMemAlloc_v2 and cuMemFree_v2, served by pool::SharedPool over the driver.
//
// A domain is a context. A strict free waits for the work of that context and of those that were given access to its memory
// (contexts_seen.hpp), as the driver's does. A block is idle when the work of all contexts is done that was submitted before
// its free: copies between contexts reach memory without any such access.
#pragma once

#include "core/cuda/call.hpp"
#include "core/cuda/device_source.hpp"
#include "core/cuda/memory_info.hpp"

namespace weir::cuda {

/// Whose a block is that was allocated; not known: the pool had nothing to do with it.
struct Served {
  Owner owner{};
  Space space = Space::Device;
  bool is_known = false;
};

/// As `real`, from the pool where that is possible. `*out` is set on success only.
[[nodiscard]] CUresult pooled_allocate(Call& call, CUresult (*real)(CUdeviceptr*, std::size_t),
                                       CUdeviceptr* out, std::size_t bytes, Served& served) noexcept;

[[nodiscard]] CUresult pooled_release(const Freeing& freeing, CUdeviceptr block, bool must_give) noexcept;

/// As `real(block)`; also for blocks that no pool knows.
template <class Real>
[[nodiscard]] CUresult pooled_free(const Real& real, CUdeviceptr block) noexcept {
  return pooled_release(Freeing{block, real}, block, false);
}
/// The same, for a function that must do the freeing itself: a block that the pool has leaves it first, and comes back if
/// the driver refuses.
template <class Real>
[[nodiscard]] CUresult freed_past_pool(const Real& real, CUdeviceptr block) noexcept {
  return pooled_release(Freeing{block, real}, block, true);
}

/// The block leaves the pool, because others may hold it beyond its free (IPC, RDMA). Any address within the block.
void export_from_device_pool(CUdeviceptr address) noexcept;

/// What the program asked for, of a pooled block that begins here; 0: there is none.
[[nodiscard]] std::uint64_t pooled_bytes_at(CUdeviceptr block) noexcept;

/// Has the program freed the block that begins here, and the pool kept it?
[[nodiscard]] bool is_freed_in_device_pool(CUdeviceptr block) noexcept;
/// False: there is no pooled block.
[[nodiscard]] bool has_device_pool() noexcept;

[[nodiscard]] PoolStock device_pool_stock(std::uint8_t device) noexcept;
/// Its numbers, made when they are new.
[[nodiscard]] profile::PoolRecord& device_pool_record(std::uint8_t device) noexcept;

/// Into the profile, and the verdict: this many bytes could not be had. `stock`: what the pool had then; `limit`: 0 for none.
void report_no_memory(const Call& call, std::uint8_t device, std::uint64_t asked, const PoolStock& stock,
                      MemoryInfo drivers, std::uint64_t limit, CUresult result) noexcept;

/// Another call found no memory: gives back what it can without waiting. Null: that was nothing; else its numbers.
[[nodiscard]] profile::PoolRecord* device_pool_gives_back(std::uint8_t device) noexcept;

/// Freed but not given back, on this device: what a program would have seen as free.
[[nodiscard]] std::uint64_t pooled_free_bytes(std::uint8_t device) noexcept;

// WEIR_DEVICE_POOL=slab: small blocks are parts of larger ones, which are all that the driver knows.
struct CarvedBlock {
  CUdeviceptr slab;     ///< what the driver calls a block
  CUdeviceptr base;     ///< the block around an address; 0: there is none
  std::uint64_t bytes;  ///< … as it was carved
};
/// What is at this address, the beginning of a block or any other. False: it is in no slab.
[[nodiscard]] bool find_carved(CUdeviceptr address, CarvedBlock& found) noexcept;
/// A live one begins here.
[[nodiscard]] bool is_carved(CUdeviceptr block) noexcept;

// By the number of a context (contexts_seen.hpp); -1 is nobody's.
// The program waits for it itself. Before: the newest free of a block of this context; 0: there is nothing to prove, or
// there are other contexts. After it has waited with success: settled.
[[nodiscard]] std::uint64_t newest_device_free(int context) noexcept;
void device_pool_settled(int context, std::uint64_t upto) noexcept;
// It ends: around the driver's function.
void device_pool_ending(int context) noexcept;
void device_pool_ended(int context, bool is_over) noexcept;

}  // namespace weir::cuda
