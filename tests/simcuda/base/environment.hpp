// The SIMCUDA_* variables. README.md lists them all; each is read where it is used.
#pragma once
#include <cstddef>
#include <string>
#include <vector>

namespace simcuda {

// Null when the variable is not set or the process runs with another's rights.
const char* environment(const char* name);

// "3", "512K", "64M", "8G", "1T" as bytes; fallback for anything else.
size_t bytes_of(const char* text, size_t fallback);
size_t environment_bytes(const char* name, size_t fallback);
long environment_number(const char* name, long fallback);

// "a,b,c" as its parts; empty for null.
std::vector<std::string> split(const char* text, char separator);

}  // namespace simcuda
