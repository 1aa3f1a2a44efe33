// What the device_* programs share besides.
#pragma once

#include "program.hpp"

inline CUdeviceptr allocate(size_t bytes) {
  CUdeviceptr block = 0;
  OK(cuMemAlloc(&block, bytes));
  return block;
}

/// How often the driver's own functions were called.
inline unsigned long long allocations() { return simcuda_calls("cuMemAlloc_v2"); }
inline unsigned long long frees() { return simcuda_calls("cuMemFree_v2"); }
inline unsigned long long blocks(int device = 0) { return simcuda_live_blocks(device, SIMCUDA_DEVICE); }
