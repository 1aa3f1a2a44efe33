// The memory of the process from which its blocks may be reached.
//
// Every private mapping that can be read, of anything: variables of modules, stacks, thread-local storage, other allocators'
// arenas, what a JIT or a garbage collector keeps. Not: jemalloc's (blocks are followed one by one), weir's own, what is
// shared with other processes, what is a device's, and the holes that the caller adds (dead parts of stacks).
#pragma once

#include <cstdint>

#include "core/walk/holes.hpp"
#include "core/walk/marker.hpp"

namespace weir::walk {

struct RootsSeen {
  std::uint64_t bytes;     ///< looked at
  std::uint32_t mappings;  ///< looked at, or parts of them
  std::uint32_t shared;    ///< mappings passed over because they are shared or a device's
  bool by_page;            ///< pages that were never written are left out
};

/// Adds what is never a root: jemalloc's ranges and weir's own. Before Holes::sort().
void add_own_holes(Holes& holes) noexcept;

/// False: the kernel's list cannot be read, and nothing was looked at.
[[nodiscard]] bool scan_roots(Marker& marker, const Holes& holes, RootsSeen& seen) noexcept;

}  // namespace weir::walk
