// Sums that stay at the largest number where they would overflow.
#pragma once

#include <concepts>
#include <limits>

namespace weir::tool {

template <std::integral Number>
void add_to(Number& sum, Number more) noexcept {
  if (__builtin_add_overflow(sum, more, &sum))
    sum = more < 0 ? std::numeric_limits<Number>::min() : std::numeric_limits<Number>::max();
}

}  // namespace weir::tool
