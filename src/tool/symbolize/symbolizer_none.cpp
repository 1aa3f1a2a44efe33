// Names nothing; also what every symbolizer starts from.
#include <algorithm>
#include <tuple>

#include "tool/symbolize/places.hpp"

namespace weir::tool {

std::vector<std::uint32_t> nodes_of_stacks(const Profile& profile, std::span<const std::uint32_t> leaves) {
  std::vector<bool> seen(profile.nodes.size());
  std::vector<std::uint32_t> out;
  for (std::uint32_t node : leaves) {
    // A node already seen has had its callers seen too.
    while (node != 0 && node < seen.size() && !seen[node]) {
      seen[node] = true;
      out.push_back(node);
      node = profile.nodes[node].parent;
    }
  }
  return out;
}

std::vector<Address> lay_out_places(const Profile& profile, std::span<const std::uint32_t> nodes,
                                    Symbols& out) {
  std::vector<std::uint32_t> sorted(nodes.begin(), nodes.end());
  const auto key = [&](std::uint32_t node) {
    return std::tuple{profile.nodes[node].module, profile.nodes[node].pc};
  };
  std::sort(sorted.begin(), sorted.end(), [&](std::uint32_t a, std::uint32_t b) { return key(a) < key(b); });
  out.place_of_node.assign(profile.nodes.size(), 0);
  std::vector<Address> addresses;
  for (const std::uint32_t node : sorted) {
    const auto [module, pc] = key(node);
    if (addresses.empty() || addresses.back().module != module || addresses.back().pc != pc) {
      addresses.push_back({pc, module, static_cast<std::uint32_t>(out.places.size())});
      Frame frame;
      frame.offset = pc;
      if (module != 0) {
        frame.module = profile.modules[module].path;
        frame.offset = pc - profile.modules[module].base;
      }
      out.places.push_back({std::move(frame)});
    }
    out.place_of_node[node] = addresses.back().place;
  }
  return addresses;
}

std::vector<Frame> Symbols::stack(const Profile& profile, std::uint32_t node, std::size_t most) const {
  std::vector<Frame> out;
  for (const std::uint32_t each : profile.stack(node, most)) {
    const auto& frames = places[place_of_node[each]];
    out.insert(out.end(), frames.begin(), frames.end());
  }
  return out;
}

std::vector<Frame> Symbols::stack_of(const Profile& profile, const Site& site) const {
  // The tree may know frames that were seen on the way, but are none of the site's.
  const bool is_cut = (site.flags & profile::kSiteTruncated) != 0 && profile.stack_depth != 0;
  return stack(profile, site.node, is_cut ? profile.stack_depth : profile::kMaxFrames);
}

Symbols symbolize_none(const Profile& profile, std::span<const std::uint32_t> nodes) {
  Symbols out;
  static_cast<void>(lay_out_places(profile, nodes, out));
  return out;
}

}  // namespace weir::tool
