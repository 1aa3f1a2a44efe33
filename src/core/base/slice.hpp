// std::string_view::substr without its exception: what lies outside is cut.
#pragma once

#include <cstddef>
#include <string_view>

namespace weir {

constexpr std::string_view slice(std::string_view text, std::size_t from,
                                 std::size_t bytes = ~std::size_t{0}) noexcept {
  if (from > text.size()) return {};
  const std::size_t left = text.size() - from;
  return {text.data() + from, bytes < left ? bytes : left};
}

}  // namespace weir
