// Calls that are forbidden by where they are made or by a capture that is under way, known by their names.
#pragma once

#include <cuda.h>

namespace simcuda::graph {

// Host functions and kernel models may not call CUDA (CUDA_ERROR_NOT_PERMITTED). What allocates or frees at once may
// wait for the device, and what waits for the device cannot be while work is being recorded instead of run: such calls
// answer CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED and end the captures that they disturb.
CUresult may_call(const char* name);

}  // namespace simcuda::graph
