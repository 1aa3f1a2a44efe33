// What a look through the heap needs to know of CUDA: its live blocks, and whose heap blocks are the driver's. The engine's own.
#pragma once

#include <cstdint>

#include "core/walk/walk.hpp"

namespace weir::engine {

/// Live blocks of CUDA's that no verdict is given on, by why.
struct CudaUnjudged {
  std::uint64_t handles;     ///< arrays, physical memory: the program holds no address
  std::uint64_t graphs;      ///< a graph holds the address
  std::uint64_t registered;  ///< the program's own memory, which is judged as such, or a variable
};

/// In the process itself. Fills `blocks`, of sites below `sites`, and `holes` with pinned and managed memory: it holds no roots, and is followed when it
/// is reached. False: no memory, or the process has never had anything of CUDA's.
/// While the process runs the newest block has no verdict: this thread may be about to hand it out.
[[nodiscard]] bool list_cuda(walk::CudaBlocks& blocks, walk::Holes& holes, std::uint32_t sites,
                             bool is_ending, CudaUnjudged& unjudged) noexcept;

/// In the copy, where nothing is locked: marks the sites whose blocks of the heap are the driver's own.
void find_driver_sites(walk::CudaBlocks& blocks) noexcept;

}  // namespace weir::engine
