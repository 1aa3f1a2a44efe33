// Addresses to names: function, file and line of a profile's frames, and the frames that the compiler inlined.
//
// A frame that cannot be named keeps what is known of it, module and offset, and is never dropped. The network is
// never asked. A module's file that is not the one which ran gives no names and one warning.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tool/profile/profile.hpp"

namespace weir::tool {

struct Frame {
  std::optional<std::string> function;
  std::optional<std::string> file;
  std::optional<std::uint32_t> line;
  std::optional<std::string> module;  ///< path of the executable file
  std::uint64_t offset = 0;           ///< of the return address in the module; without a module: the address
  bool inlined = false;               ///< part of the next older frame's machine code
};

/// Names of the nodes that were asked for.
struct Symbols {
  std::vector<std::uint32_t> place_of_node;  ///< by node number: index into places
  std::vector<std::vector<Frame>>
      places;  ///< one return address: inlined frames first, youngest first; never empty
  std::vector<std::string> warnings;

  /// The frames of one whole stack, youngest first. Its nodes must have been asked for.
  [[nodiscard]] std::vector<Frame> stack(const Profile& profile, std::uint32_t node,
                                         std::size_t most = profile::kMaxFrames) const;
  /// … of a site: no older ones than it counted with.
  [[nodiscard]] std::vector<Frame> stack_of(const Profile& profile, const Site& site) const;
};

/// Every node on the stacks whose youngest frames are `leaves`, each once.
[[nodiscard]] std::vector<std::uint32_t> nodes_of_stacks(const Profile& profile,
                                                         std::span<const std::uint32_t> leaves);

using Symbolize = Symbols (*)(const Profile& profile, std::span<const std::uint32_t> nodes);
Symbols symbolize_libdw(const Profile& profile, std::span<const std::uint32_t> nodes);
/// Modules and offsets only.
Symbols symbolize_none(const Profile& profile, std::span<const std::uint32_t> nodes);

}  // namespace weir::tool
