// What a test orders: the n-th call of a function fails, calls take time. And what it asks: how many calls.
//
// A function is named by its symbol (cuMemAlloc_v2) or, with all its versions and twins, by its name (cuMemAlloc).
#pragma once
#include <cuda.h>

#include <cstdint>
#include <string>

namespace simcuda {

// Called once per call of an entry point: counts it, sleeps what was ordered for it, answers the error that was
// ordered for this call, or CUDA_SUCCESS.
CUresult count_call(const char* symbol);
// The same where nothing is ordered and the function was called before; false: neither counted nor looked at.
bool count_quickly(const char* symbol);

struct FaultOrder {
  std::string function;
  uint64_t nth = 1;    // of the matching calls from now on
  uint64_t count = 1;  // so many calls in a row
  CUresult error = CUDA_ERROR_UNKNOWN;
  bool sticky = false;  // breaks the current context as well
};
void order_fault(FaultOrder order);
void order_delay(const std::string& function, uint64_t microseconds);  // 0 takes it back
void forget_orders();

uint64_t calls_of(const char* function);  // null: all

// SIMCUDA_FAIL: "cuMemAlloc:3=OUT_OF_MEMORY,cuMemFree:1+=700!" — from the 3rd call on one call, from the first on all
// calls, and sticky. SIMCUDA_DELAY: "cuMemAlloc=200,cuMemFree=50" in microseconds. False: not understood.
bool parse_fault(const std::string& text, FaultOrder& order);
bool parse_delay(const std::string& text, std::string& function, uint64_t& microseconds);

}  // namespace simcuda
