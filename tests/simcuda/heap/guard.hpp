// Patterns around and in place of blocks, so that writes where none belong are found.
//
//   | the block's bytes | rest of its place, SIMCUDA_REDZONE bytes of it at least | next block
//                         0xFB, at most 4 KiB of them; checked when the block is freed and by simcuda_check
//   | a freed place                                                               |
//     0xDD; checked when it is given out again and by simcuda_check
//
// Blocks with chunks of their own are not poisoned: their memory goes back at once, zeroed.
#pragma once
#include <cstddef>

#include "heap/block.hpp"

namespace simcuda {

constexpr std::byte kRedzone{0xFB};
constexpr std::byte kPoison{0xDD};

size_t redzone_bytes();

// place is the number of bytes the block takes with what is behind it.
void fill_redzone(const Block& block, size_t place);
// False, after a complaint, if the bytes behind the block were written.
bool check_redzone(const Block& block, size_t place);

void poison(std::byte* bytes, size_t count);
// The same for a freed place that was at address.
bool check_poison(const std::byte* bytes, size_t count, CUdeviceptr address);

}  // namespace simcuda
