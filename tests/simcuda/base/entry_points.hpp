// The driver's whole surface, generated from the toolkit's headers (generate.py).
#pragma once
#include <span>

namespace simcuda {

enum class Flavour { legacy, per_thread };  // which default stream stream 0 means: the _ptsz and _ptds twins

// One row of what cuGetProcAddress knows: this symbol serves name from this CUDA version on.
struct EntryPoint {
  const char* name;
  Flavour flavour;
  int version;
  const char* symbol;
  int (*function)();  // of whatever signature the header gives it
};

std::span<const EntryPoint> entry_points();
std::span<const char* const> all_symbols();

struct ErrorName {
  int value;
  const char* name;
  const char* sentence;
};
std::span<const ErrorName> error_names();

// What a stub does: counts and logs the call like any other, says once that it is not simulated, and returns
// CUDA_ERROR_NOT_SUPPORTED.
int not_simulated(const char* name);

}  // namespace simcuda
