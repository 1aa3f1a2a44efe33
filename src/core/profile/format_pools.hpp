// The profile file: what weir's own pools of device and pinned memory hold, and the moments when memory ran out.
// Since version 4.
#pragma once

#include "core/profile/format.hpp"

namespace weir::profile {

/// A pool's policy. The values are on disk.
enum class PoolKind : std::uint8_t { None = 0, Bucket = 1, Pow2 = 2, Slab = 3 };
enum class PoolFree : std::uint8_t { Strict = 0, Deferred = 1 };

/// The pool of one device, or of pinned memory. Bytes are what the source granted, unless the name says otherwise;
/// reserved = live + pending + idle.
struct PoolRecord {
  std::uint64_t ready;  ///< 1 once space, device, kind and free_mode may be read
  Space space;
  std::uint8_t device;  ///< ordinal, for device space
  PoolKind kind;
  PoolFree free_mode;
  std::uint32_t reserved_word;
  std::uint64_t idle_max;  ///< bound of idle bytes

  std::int64_t live_bytes, live_blocks;
  std::int64_t requested_bytes;  ///< of live blocks
  std::int64_t pending_bytes, pending_blocks, idle_bytes, idle_blocks;
  std::int64_t peak_live, peak_reserved, peak_idle, peak_pending;
  std::uint64_t largest_idle;  ///< bytes, when a block was last shed or looked for in vain

  std::uint64_t hits, misses;  ///< requests served by an idle block; by the source
  std::uint64_t source_allocs, source_alloc_ns, source_frees,
      source_free_ns;                   ///< calls of the source and what they took
  std::uint64_t frees;                  ///< by the program, of pooled blocks
  std::uint64_t waits, wait_ns;         ///< strict: frees that waited for the device
  std::uint64_t marks, looks, mark_ns;  ///< deferred: fences put and asked, and what that took
  std::uint64_t retired_by_fence,
      retired_by_program;  ///< blocks proven idle: by a fence; by a synchronisation of the program's own
  std::uint64_t shed_blocks, shed_bytes;  ///< given back to keep the bound, or because memory ran out
  std::uint64_t aside_allocs,
      aside_frees;               ///< left to the source: stream capture, another context, a broken one, ended
  std::uint64_t exported_frees;  ///< blocks that others may hold: really freed
  std::uint64_t callers_passed;  ///< requests of libraries that are not pooled for (NCCL, MPI …)
  std::uint64_t unpooled;        ///< pooling was not possible: no room in weir's tables
  std::uint64_t no_memory;       ///< the source said "out of memory"
  /// … and what helped: a second look, giving back just enough, waiting for pending blocks, giving back everything, the exact
  /// size, managed memory; [6] nothing.
  std::uint64_t rescued[7];
  std::uint64_t rescue_wait_ns;
  std::uint64_t contexts_ended;
  std::uint64_t managed_bytes, managed_blocks;  ///< handed out in device memory's place, in all
  std::uint64_t slab_bytes, slabs;              ///< slab: what is carved up now
  std::uint64_t slab_free_bytes;  ///< of slab_bytes: carved for nobody, and in none of the sums above
  std::uint64_t rescued_others;   ///< calls that are not pooled, and had no memory until the pool gave back
  std::uint64_t reserved[12];
};
static_assert(sizeof(PoolRecord) == 512);
inline constexpr std::uint32_t kPoolsPerChunk = kChunkBytes / sizeof(PoolRecord);
inline constexpr std::uint32_t kMaxPools = 64;  ///< 0: pinned memory; 1 + ordinal: a device

/// One size class of a pool: blocks of more than the class before it has, and at most `bytes`.
struct PoolClassRecord {
  std::uint64_t bytes;
  std::uint64_t hits, misses;
  std::int64_t live_blocks, idle_blocks, pending_blocks;
  std::uint64_t source_ns;  ///< what the misses took
  std::int64_t idle_bytes;
};
static_assert(sizeof(PoolClassRecord) == 64);
inline constexpr std::uint32_t kPoolClasses = kChunkBytes / sizeof(PoolClassRecord);

/// A request for device memory that nothing could serve, and what there was at that moment.
struct OutOfMemoryRecord {
  std::uint64_t at_ns, asked;
  std::uint64_t driver_free, driver_total;  ///< as the driver says; 0 and 0: it would not
  std::uint64_t live, idle, pending;        ///< the pool's, before it gave back anything
  std::uint64_t largest_idle, largest_pending;
  std::uint64_t tracked;  ///< live bytes of the device by the books: all kinds
  std::uint32_t site;     ///< who asked
  std::uint32_t result;   ///< the driver's code that the program got
  Space space;
  std::uint8_t device;
  std::uint16_t holder_count;
  std::uint32_t times;  ///< how often so far, at this site; the numbers are the first time's
  struct Holder {
    std::uint32_t site, reserved;
    std::uint64_t bytes, blocks;
  } holders[16];        ///< sites with the most live bytes on the device, most first
  std::uint64_t limit;  ///< WEIR_DEVICE_LIMIT, bytes; 0: none
  std::uint64_t ready;
};
static_assert(sizeof(OutOfMemoryRecord) == 496);
inline constexpr std::uint32_t kMaxOutOfMemory = kChunkBytes / sizeof(OutOfMemoryRecord);

}  // namespace weir::profile
