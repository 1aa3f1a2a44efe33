#include "core/walk/holes.hpp"

#include "core/walk/sort.hpp"

namespace weir::walk {

void Holes::sort() noexcept {
  walk::sort(holes_.data(), count_);
  // Those that overlap become one.
  std::size_t kept = 0;
  for (std::size_t i = 0; i != count_; ++i) {
    if (kept != 0 && holes_[i].begin <= holes_[kept - 1].end) {
      if (holes_[i].end > holes_[kept - 1].end) holes_[kept - 1].end = holes_[i].end;
    } else {
      holes_[kept++] = holes_[i];
    }
  }
  count_ = kept;
}

bool Holes::next(std::uintptr_t& begin, std::uintptr_t end, std::uintptr_t& part_end) const noexcept {
  // The first hole that ends behind `begin`.
  std::size_t low = 0, high = count_;
  while (low != high) {
    const std::size_t middle = (low + high) / 2;
    if (holes_[middle].end <= begin)
      low = middle + 1;
    else
      high = middle;
  }
  for (; begin < end; ++low) {
    if (low == count_ || holes_[low].begin >= end) {
      part_end = end;
      return true;
    }
    if (holes_[low].begin > begin) {
      part_end = holes_[low].begin;
      return true;
    }
    begin = holes_[low].end;
  }
  return false;
}

}  // namespace weir::walk
