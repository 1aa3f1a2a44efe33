// What a look through the heap finds out: of each site what is lost, and which slabs its blocks hold; of each size class
// how much of it is in use.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/walk/heap.hpp"
#include "core/walk/marker.hpp"
#include "core/walk/roots.hpp"

namespace weir::walk {

/// Of one site. Bytes of blocks are what was asked for; bytes of slabs and extents are whole pages.
struct SiteVerdict {
  std::uint64_t lost_blocks, lost_bytes;          ///< that nothing points to
  std::uint64_t lost_too_blocks, lost_too_bytes;  ///< that only lost blocks point to
  std::uint64_t reachable_blocks, reachable_bytes;
  std::uint64_t slabs, slab_bytes;  ///< with a block of the site in them
  std::uint64_t slab_live_bytes;    ///< of these, places with a live block, whosever
  std::uint64_t small_bytes;        ///< of the site's blocks, those in slabs
  std::uint64_t sole_bytes;         ///< slabs and large extents that would be free if the site's blocks were
  std::uint64_t
      pinned_bytes;       ///< the site's share of the free places of slabs that are at most a quarter full
  std::uint64_t example;  ///< address of one lost block; 0: none
  /// Of the slab that is summed up: the site's blocks in it, and the next site with any.
  std::uint32_t here, next_here;
};

/// Of one size class whose blocks lie in slabs.
struct ClassVerdict {
  std::uint64_t block_bytes;
  std::uint64_t live_blocks;  ///< the program's; what thread caches hold is free
  std::uint64_t places;
  std::uint64_t slabs, slab_bytes;  ///< slab_bytes: of one
};
inline constexpr std::size_t kSlabClasses = 64;

/// Of the whole heap.
struct HeapVerdict {
  std::uint64_t blocks, extents;
  std::uint64_t slabs, empty_slabs,
      empty_slab_bytes;         ///< empty: held by thread caches, or the slab in use of its class
  std::uint64_t unknown_sites;  ///< blocks of a site beyond the table: not in any sum
  RootsSeen roots;
  ClassVerdict classes[kSlabClasses];  ///< by jemalloc's number of the class
};

/// Where the sums go: `sites` of them, zeroed.
struct Verdicts {
  HeapVerdict heap;
  std::uint32_t sites;
  SiteVerdict* of_site;
};

/// Sums up, after Marker::classify().
void sum_up(const Heap& heap, Verdicts& out) noexcept;

}  // namespace weir::walk
