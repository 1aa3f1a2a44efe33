// cuMemFreeAsync for whatever pointer it is given.
#pragma once

#include <cuda.h>

#include "engine/engine.hpp"

namespace simcuda::memory {

/// Memory of pools (also imported) and of cuMemAlloc. The pointer is dead for the program when this returns; the memory
/// goes back when the stream gets there. CUDA_ERROR_INVALID_VALUE: no such memory, or it was freed before.
CUresult free_in_order(CUdeviceptr base, const engine::StreamRef& stream, const char* name);

}  // namespace simcuda::memory
