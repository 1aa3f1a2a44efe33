// The pools that the program has made or asked for, and where their memory is.
#pragma once

#include "core/cuda/place.hpp"

namespace weir::cuda {

/// False: the pool is not known.
[[nodiscard]] bool find_pool(CUmemoryPool pool, Place& out) noexcept;

}  // namespace weir::cuda
