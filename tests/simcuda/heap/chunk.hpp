// The chunks of a context and the places in them: what a block takes, rounded. Under the lock.
#pragma once
#include <cuda.h>

#include <cstddef>
#include <cstdint>
#include <optional>

namespace simcuda {

class Context;

struct Place {
  CUdeviceptr address;
  size_t bytes;
  std::byte* backing;
  int fd;  // the file of the device's memory, and where in it
  uint64_t fd_offset;
};

// nullopt: the device has no more.
std::optional<Place> take_place(Context& context, size_t bytes, bool low);
size_t place_bytes(CUdeviceptr address);
// The place may serve again; an empty chunk goes back to the device. A place in a shared chunk is poisoned by its
// free (poison_place) and checked when it is taken again.
void poison_place(CUdeviceptr address);
void give_place(CUdeviceptr address);
// Looks at every free place that is poisoned; how many were written.
size_t check_free_places();

}  // namespace simcuda
