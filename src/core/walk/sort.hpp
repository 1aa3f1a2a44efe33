// Sorting in place, without recursion and without memory.
#pragma once

#include <cstddef>

namespace weir::walk {

/// By `operator<`, smallest first: a heap whose largest goes to the end, again and again.
template <class T>
void sort(T* items, std::size_t count) noexcept {
  const auto sift = [items](std::size_t at, std::size_t size) noexcept {
    const T moving = items[at];
    for (std::size_t child; (child = 2 * at + 1) < size; at = child) {
      if (child + 1 < size && items[child] < items[child + 1]) ++child;
      if (!(moving < items[child])) break;
      items[at] = items[child];
    }
    items[at] = moving;
  };
  for (std::size_t i = count / 2; i-- != 0;) sift(i, count);
  for (std::size_t left = count; left > 1;) {
    const T last = items[--left];
    items[left] = items[0];
    items[0] = last;
    sift(0, left);
  }
}

}  // namespace weir::walk
