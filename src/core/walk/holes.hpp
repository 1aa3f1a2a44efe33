// What is no root: address ranges that the look through the process leaves out.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/walk/array.hpp"

namespace weir::walk {

class Holes {
 public:
  /// Once. False: no memory.
  [[nodiscard]] bool begin() noexcept { return holes_.make(kMost); }

  /// Beyond kMost a range is not left out: the verdict is milder for it, never wrong.
  void add(std::uintptr_t begin, std::uintptr_t end) noexcept {
    if (begin < end && count_ != kMost) holes_[count_++] = {begin, end};
  }

  /// After the last add().
  void sort() noexcept;

  /// The next part of [begin, end) that is in no hole; advances `begin` to it. False: there is none.
  [[nodiscard]] bool next(std::uintptr_t& begin, std::uintptr_t end, std::uintptr_t& part_end) const noexcept;

 private:
  struct Hole {
    std::uintptr_t begin, end;
    friend bool operator<(const Hole& a, const Hole& b) noexcept { return a.begin < b.begin; }
  };
  static constexpr std::size_t kMost = 1 << 17;

  Array<Hole> holes_;
  std::size_t count_ = 0;
};

}  // namespace weir::walk
