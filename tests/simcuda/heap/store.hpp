// The physical memory of a device: a file in memory, mapped once for us. Pages are taken in multiples of 2 MiB,
// counted against the device, and know nothing of the addresses they are seen at.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>

#include "heap/extents.hpp"

namespace simcuda {

struct Device;

class Store {
 public:
  explicit Store(Device& device);

  // Under the lock. Zeroed bytes at an offset of the file; nullopt: the device has not that much left.
  std::optional<uint64_t> take(uint64_t bytes);
  void give(uint64_t offset, uint64_t bytes);

  std::byte* at(uint64_t offset) const { return view_ + offset; }
  int fd() const { return fd_; }

 private:
  Device& device_;
  int fd_;
  std::byte* view_;
  Extents free_;
};

// The store of a device number that exists.
Store& store_of(int device);

}  // namespace simcuda
