// Memory of somebody else that this process sees: opened IPC handles, pointers of imported pools, buffers on
// external memory. Each is a range of a file, an address range of the program's and a view for us. Nobody is
// charged. All under the driver's lock.
#pragma once

#include <cuda.h>

#include <cstddef>
#include <cstdint>

#include "heap/block.hpp"

namespace simcuda::memory {

struct FileRange {
  int descriptor = -1;  // not needed any more once it is mapped
  std::uint64_t offset = 0;
  std::size_t bytes = 0;
};

/// Enters a block like `model` (device, context, release, pool) as Kind::imported and gives its address; 0 when the
/// system cannot map it. The address has the file offset's place in its page.
[[nodiscard]] CUdeviceptr map_import(const FileRange& range, const Block& model);
/// Unmaps it and removes the block, if it is still entered. False: no import begins there.
bool unmap_import(CUdeviceptr base);

}  // namespace simcuda::memory
