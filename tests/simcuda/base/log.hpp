// What the simulated driver says. Every line begins with "simcuda:".
#pragma once
#include <cuda.h>

namespace simcuda {

// On stderr: what a person must know (a violation, a function that is not simulated).
[[gnu::format(printf, 1, 2)]] void complain(const char* format, ...);

// The call log, SIMCUDA_LOG=<file>, "-" is stderr; nothing without it. One line per call, with what note_call said
// of its arguments and results:   simcuda: [pid:tid] cuMemAlloc_v2 100 bytes at 0x7f0000000000 = CUDA_SUCCESS
bool log_wanted();
void log_call(const char* function, CUresult result);
[[gnu::format(printf, 1, 2)]] void note_call(const char* format, ...);
[[gnu::format(printf, 1, 2)]] void log_line(const char* format, ...);

// "CUDA_ERROR_INVALID_VALUE"; null for a value that is none.
const char* error_name(CUresult error);
const char* error_sentence(CUresult error);

}  // namespace simcuda
