// What the simulated driver says. Every line begins with "simcuda:".
#pragma once
#include <cuda.h>

namespace simcuda {

// On stderr: what a person must know (a violation, a function that is not simulated).
[[gnu::format(printf, 1, 2)]] void complain(const char* format, ...);

// One line of the call log, SIMCUDA_LOG=<file>, "-" is stderr; nothing without it.
void log_call(const char* function, CUresult result);
[[gnu::format(printf, 1, 2)]] void log_line(const char* format, ...);

// "CUDA_ERROR_INVALID_VALUE"; null for a value that is none.
const char* error_name(CUresult error);
const char* error_sentence(CUresult error);

}  // namespace simcuda
