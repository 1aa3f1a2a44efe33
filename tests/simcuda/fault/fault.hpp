// What a test orders: the n-th call of a function fails, calls take time. And what it asks: how many calls.
#pragma once
#include <cuda.h>

#include <cstdint>

namespace simcuda {

// Called once per call of an entry point: counts it, sleeps what was ordered for it, answers the error that was
// ordered for this call, or CUDA_SUCCESS.
CUresult count_call(const char* function);

// A function is named by its symbol (cuMemAlloc_v2) or, for all its versions, by its name (cuMemAlloc).
// The nth call from now (1 is the next) fails with error; sticky: it breaks the current context as well.
void fail_nth(const char* function, uint64_t nth, CUresult error, bool sticky);
void delay_calls(const char* function, uint64_t microseconds);
uint64_t calls_of(const char* function);
void forget_faults();

}  // namespace simcuda
