// Freed places wait here before they may serve again: SIMCUDA_QUARANTINE bytes of them, the oldest leave first.
// Without it a place is free at once, and the next block often gets the address of the last one, as with a driver.
#pragma once
#include <cuda.h>

#include <cstddef>

namespace simcuda {

class Context;

// Under the lock. The place becomes free when it leaves.
void quarantine(CUdeviceptr place, size_t bytes, const Context& owner);
// Those of a context that ends leave at once.
void empty_quarantine(const Context& owner);
// Device memory is short: all leave. False if none was there.
bool empty_quarantine();

}  // namespace simcuda
