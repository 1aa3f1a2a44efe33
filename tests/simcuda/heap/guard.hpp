// Patterns around and in place of blocks, so that writes where none belong are found.
//
//   | the block's bytes | slack, and SIMCUDA_REDZONE bytes more | next block
//                         0xFB: checked when the block is freed
//   a freed block: 0xDD, checked when its place is given out again
#pragma once
#include <cstddef>

#include "heap/block.hpp"

namespace simcuda {

size_t redzone_bytes();
void guard_new(const Block& block, size_t room);
void check_guard(const Block& block, size_t room);
void poison(std::byte* bytes, size_t count);

}  // namespace simcuda
