// Part of format.hpp: what a look through the heap at the process's end has found (core/walk).
#pragma once

#include <cstdint>

namespace weir::profile {

/// How the look ended. The values are on disk.
enum class ScanResult : std::uint32_t {
  None = 0,
  Done = 1,
  NoSnapshot = 2,  ///< no copy of the process could be made, and it has several threads
  Failed = 3,      ///< the copy died, or took too long
  NoMemory = 4,    ///< for its tables
  NoRoots = 5,     ///< the kernel's list of mappings could not be read
  NoRoom = 6,      ///< in the profile: some sites have no verdict
  Off = 7,         ///< by WEIR_LEAK_SCAN
  TooLarge = 8,    ///< the process: a copy of it would take seconds
  Forbidden =
      9,  ///< by a seccomp filter, or perhaps by one: what those that stood before the start allow is not known
  Emulated = 10,  ///< valgrind runs the program, and looks for leaks itself
};

struct ScanRecord {
  ScanResult result;                                   ///< published last
  std::uint32_t by_page;                               ///< 1: pages that were never written were left out
  std::uint64_t at_ns, took_ns;                        ///< after start; how long the program waited
  std::uint64_t blocks;                                ///< live ones that were judged
  std::uint64_t slabs, empty_slabs, empty_slab_bytes;  ///< empty: held by thread caches only
  std::uint64_t root_bytes;                            ///< looked at, outside the heap
  std::uint32_t root_mappings, shared_mappings;        ///< looked at; passed over
  std::uint32_t threads;                               ///< of the process
  std::uint32_t without_registers;                     ///< threads whose registers were not seen
  std::uint32_t whole_stacks;                          ///< of those, stacks that counted from end to end
  std::uint32_t looks;        ///< on request, while the process ran: how many had to agree; 0: at the end
  std::uint64_t cuda_blocks;  ///< live ones of CUDA's that were judged: no part of `blocks`
  std::uint64_t cuda_unread;  ///< … of these, reached host memory whose words could not be read
  std::uint64_t cuda_handles, cuda_graphs,
      cuda_registered;  ///< not judged: handles; a graph's; the program's own memory
};

/// Looks that came to nothing since the one whose verdicts are there: what was found stays.
struct FailedLooks {
  std::uint32_t times[16];  ///< by ScanResult
  std::uint64_t last_ns;    ///< after start
};
static_assert(sizeof(FailedLooks) == 72);

/// Whether the sites have verdicts, be it not all.
[[nodiscard]] constexpr bool has_verdicts(ScanResult result) noexcept {
  return result == ScanResult::Done || result == ScanResult::NoRoom;
}

/// What a look that came to nothing leaves: where there are verdicts they stay, and it is counted; else it is the result.
inline void note_failed_look(ScanResult why, std::uint64_t now_ns, ScanRecord& scan,
                             FailedLooks& failed) noexcept {
  if (!has_verdicts(scan.result)) {
    // release: a reader that sees it may be at work.
    __atomic_store_n(&scan.result, why, __ATOMIC_RELEASE);
    return;
  }
  failed.last_ns = now_ns;
  __atomic_fetch_add(&failed.times[static_cast<std::uint32_t>(why)], 1, __ATOMIC_RELEASE);
}

/// Of one site. Bytes of blocks as asked for; of slabs and large extents whole. A slab is a run of pages for blocks of one
/// size; a large block has an extent for itself.
struct VerdictRecord {
  std::uint64_t lost_blocks, lost_bytes;          ///< that nothing points to
  std::uint64_t indirect_blocks, indirect_bytes;  ///< that only lost blocks point to
  std::uint64_t reachable_blocks, reachable_bytes;
  std::uint64_t slabs;            ///< that hold a block of the site
  std::uint64_t sole_bytes;       ///< slabs and extents that would be free without the site's blocks
  std::uint64_t pinned_bytes;     ///< its share of the free places of slabs that are at most a quarter full
  std::uint64_t example;          ///< address of a lost block; 0: none
  std::uint64_t slab_bytes;       ///< of these slabs
  std::uint64_t slab_live_bytes;  ///< of these, places in which a block lives, whosever
  std::uint64_t small_bytes;      ///< of the site's blocks, those that lie in slabs
  std::uint64_t reserved[3];
};
static_assert(sizeof(VerdictRecord) == 128);
inline constexpr std::uint32_t kVerdictsPerChunk = 128;

}  // namespace weir::profile
