// Which parts of an interval are free: first fit by address, neighbours joined. Knows nothing of memory.
#pragma once
#include <cstdint>
#include <map>
#include <optional>

namespace simcuda {

class Extents {
 public:
  // The whole of [begin, begin + bytes) is free; every piece is a multiple of granule.
  Extents(uint64_t begin, uint64_t bytes, uint64_t granule);

  // The first place of that many bytes (rounded up to the granule) at a multiple of align.
  std::optional<uint64_t> take(uint64_t bytes, uint64_t align = 1);
  // Exactly [begin, begin + bytes); false unless all of it is free.
  bool take_at(uint64_t begin, uint64_t bytes);
  void give(uint64_t begin, uint64_t bytes);

  uint64_t rounded(uint64_t bytes) const { return (bytes + granule_ - 1) / granule_ * granule_; }
  uint64_t free_bytes() const { return free_bytes_; }
  uint64_t total_bytes() const { return total_bytes_; }
  bool all_free() const { return free_bytes_ == total_bytes_; }

 private:
  void cut(std::map<uint64_t, uint64_t>::iterator piece, uint64_t begin, uint64_t bytes);

  std::map<uint64_t, uint64_t> pieces_;  // begin -> bytes
  uint64_t granule_;
  uint64_t free_bytes_;
  uint64_t total_bytes_;
};

}  // namespace simcuda
