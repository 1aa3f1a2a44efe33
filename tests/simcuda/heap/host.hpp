// Host memory that a device may use: allocated for it, or the program's own, registered. Under the lock.
#pragma once
#include <cstddef>

#include "heap/block.hpp"

namespace simcuda {

CUresult allocate_pinned(Context& context, size_t bytes, unsigned flags, Block& block);
void free_pinned(const Block& block);

// CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED if any byte of it is known already.
CUresult register_host(Context& context, void* begin, size_t bytes, unsigned flags);

}  // namespace simcuda
