// What no program may do and a GPU would not always show: use after free, overruns. Said on stderr and counted.
#pragma once
#include <cstdint>

namespace simcuda {

[[gnu::format(printf, 1, 2)]] void violation(const char* format, ...);
uint64_t violations();

}  // namespace simcuda
