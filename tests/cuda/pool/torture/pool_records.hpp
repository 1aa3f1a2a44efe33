// The pools' numbers in weir's own profile, if this process is under weir: the only thing here that is asked of weir.
#pragma once

#include <cstdint>

#include "core/profile/format.hpp"

namespace torture {

class PoolRecords {
 public:
  /// Of a device; of pinned memory: -1. Null: there is none yet, or no weir.
  [[nodiscard]] const weir::profile::PoolRecord* of(int device);

  struct Use {
    std::uint64_t hits, misses, waits, by_fence, by_program, shed, aside, rescued;
  };
  [[nodiscard]] Use in_all(int devices);

 private:
  void open();
  const std::byte* file_ = nullptr;
  std::uint64_t bytes_ = 0;
  bool is_looked_for_ = false;
};

}  // namespace torture
