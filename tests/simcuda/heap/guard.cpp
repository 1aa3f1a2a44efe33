#include "heap/guard.hpp"

namespace simcuda {

size_t redzone_bytes() { return 0; }
void guard_new(const Block&, size_t) {}
void check_guard(const Block&, size_t) {}
void poison(std::byte*, size_t) {}

}  // namespace simcuda
