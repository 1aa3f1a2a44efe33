// The chunks of a context and the pieces in them. Under the lock.
#pragma once
#include <cuda.h>

#include <cstddef>
#include <optional>

namespace simcuda {

class Context;

struct Place {
  CUdeviceptr address;
  size_t bytes;  // what it takes, rounded
  std::byte* backing;
  int fd;
  uint64_t fd_offset;
};

std::optional<Place> take_place(Context& context, size_t bytes, bool low);
// The bytes the place at address takes; its chunk may go back to the device with it.
size_t place_bytes(CUdeviceptr address);
void give_place(CUdeviceptr address);

}  // namespace simcuda
