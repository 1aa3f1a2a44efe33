// What a look finds out of CUDA's blocks.
#pragma once

#include <cstdint>

#include "core/walk/cuda_blocks.hpp"
#include "core/walk/verdict.hpp"

namespace weir::walk {

struct CudaVerdict {
  std::uint64_t blocks;
  std::uint64_t unread;  ///< host memory among them that was reached, and whose words could not be read
};

/// Adds them to their sites, after Marker::classify().
[[nodiscard]] CudaVerdict sum_up(const CudaBlocks& cuda, Verdicts& out) noexcept;

}  // namespace weir::walk
