// What the pools of device and pinned memory need of the engine: where their numbers lie, who asks, and the record of the
// moment when memory ran out. Nothing here calls the driver.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/engine/cuda_memory.hpp"
#include "core/engine/engine.hpp"
#include "core/profile/format.hpp"

namespace weir::engine {

/// Where a pool keeps its numbers. Never null: a profile without room gives pages of weir's own, and a process without
/// memory for those one record that all share and nobody reads.
struct CudaPoolNumbers {
  profile::PoolRecord* pool;
  profile::PoolClassRecord* classes;  ///< profile::kPoolClasses of them
};
/// Of pinned memory, or of a device: `space` says which. The first call makes it, with these words in it.
[[nodiscard]] CudaPoolNumbers cuda_pool_numbers(profile::Space space, std::uint8_t device,
                                                profile::PoolKind kind, profile::PoolFree free_mode,
                                                std::uint64_t idle_max) noexcept;

/// Calls `note(to, begin, end)` with each block of host memory that a pool has, the program's and those that it has freed.
using NoteRange = void (*)(void* to, std::uintptr_t begin, std::uintptr_t end) noexcept;
using ListHostBlocks = void (*)(NoteRange note, void* to) noexcept;
/// What lists them, said before the first one is there; a forked child has none. A look for lost memory takes no roots there.
void cuda_pool_lists_host_blocks(ListHostBlocks list) noexcept;
/// Lists them, as far as that can be done without waiting long.
void each_pooled_host_block(NoteRange note, void* to) noexcept;

/// Does the call come from a library whose memory is not to be pooled or converted (NCCL, NVSHMEM, UCX, MPI, libfabric)?
/// That is the first caller that is not CUDA's runtime or driver. Cheap once a caller is known.
[[nodiscard]] bool cuda_is_passed_by(Caller caller) noexcept;
/// Is such a library loaded at all? Its name, for a sentence; null: none was when it was last looked, a tenth of a second
/// ago at most, or fifty times as long as a look takes.
[[nodiscard]] const char* cuda_communication_library() noexcept;

/// One sentence about what weir will not do: into the profile's warnings, and to stderr.
void cuda_notice(std::string_view line) noexcept;

/// Does a tool watch each allocation of the driver (compute-sanitizer, cuda-gdb's memcheck)? A pool would hide from it which
/// bytes the program may touch. The first call finds out, and notes it in the profile's warnings.
[[nodiscard]] bool cuda_blocks_are_watched() noexcept;

/// Live bytes of the device by the books: device space of all kinds, as requested. Where nothing is recorded they are counted
/// only for a limit (WEIR_DEVICE_LIMIT).
[[nodiscard]] std::uint64_t cuda_tracked(std::uint8_t device) noexcept;

/// What the device's pool holds beyond what the program has asked for: idle, pending, rounding. Of all devices together.
[[nodiscard]] std::uint64_t cuda_pool_extra(std::uint8_t device) noexcept;
[[nodiscard]] std::uint64_t cuda_pools_extra() noexcept;

/// What there was when a request for memory could not be served. Bytes.
struct CudaOutOfMemory {
  profile::Space space;
  std::uint8_t device;
  std::uint64_t asked, driver_free, driver_total, live, idle, pending, largest_idle, largest_pending, limit;
  std::uint32_t result;  ///< the driver's code
};
/// Records it with the sites that hold the rest, and prints the verdict once per process.
void cuda_out_of_memory(const CudaOutOfMemory& what, Caller caller) noexcept;

}  // namespace weir::engine
