// The addresses of a profile, each once, grouped by the module that is asked about them.
#pragma once

#include "tool/symbolize/symbolize.hpp"

namespace weir::tool {

/// One return address. `place` is its index in Symbols::places.
struct Address {
  std::uint64_t pc;
  std::uint32_t module;
  std::uint32_t place;
};

/// Fills `out.place_of_node` and gives each place its unnamed frame. The result is in order of module, then pc.
[[nodiscard]] std::vector<Address> lay_out_places(const Profile& profile,
                                                  std::span<const std::uint32_t> nodes, Symbols& out);

}  // namespace weir::tool
