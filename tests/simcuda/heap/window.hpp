// The addresses of device memory: one large reservation that nobody may touch, so that a program which follows a
// device pointer on the host faults as it would with a GPU. Managed blocks are the exception: they are opened.
#pragma once
#include <cstddef>
#include <cstdint>

#include "heap/extents.hpp"

namespace simcuda {

constexpr uint64_t kChunk = uint64_t{2} << 20;  // the granule of everything large

class Window {
 public:
  Window();
  bool contains(uint64_t address) const { return address - begin_ < bytes_; }

  // Under the lock. Addresses come in multiples of 2 MiB; nullopt: the window is full.
  std::optional<uint64_t> take(uint64_t bytes, uint64_t align = kChunk) { return free_.take(bytes, align); }
  bool take_at(uint64_t address, uint64_t bytes) { return free_.take_at(address, bytes); }
  void give(uint64_t address, uint64_t bytes) { free_.give(address, bytes); }

  // Makes a range readable and writable for the host, zeroed; and takes that back, with its contents.
  bool open(uint64_t address, uint64_t bytes);
  void close(uint64_t address, uint64_t bytes);

 private:
  uint64_t begin_;
  uint64_t bytes_;
  Extents free_;
};

Window& window();

}  // namespace simcuda
