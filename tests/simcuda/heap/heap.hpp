// Device memory as cuMemAlloc gives it. Under 2 MiB: a piece of a 2 MiB chunk of the context, 512-byte aligned, so
// neighbours share a chunk and a chunk goes back when it is empty. From 2 MiB on: chunks of its own.
#pragma once
#include <cstddef>

#include "heap/block.hpp"

namespace simcuda {

constexpr size_t kAlignment = 512;

// All under the lock.
// CUDA_ERROR_OUT_OF_MEMORY, or a block that is entered. low: below 4 GiB, for the first API's 32-bit pointers.
CUresult allocate_device(Context& context, size_t bytes, bool low, Block& block);
// The block is one of Kind::device that is entered; checks what is around it and removes it.
void free_device(const Block& block);

// Looks at all patterns now; how many blocks and freed places were written where none may write.
size_t check_heap();

CUresult allocate_managed(Context& context, size_t bytes, unsigned flags, Block& block);
void free_managed(const Block& block);

}  // namespace simcuda
