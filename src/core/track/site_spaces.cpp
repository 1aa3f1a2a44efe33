#include "core/base/bits.hpp"
#include "core/track/sites.hpp"

namespace weir::track {

std::uint32_t Sites::in_space(profile::Map& map, std::uint32_t site, profile::Space space,
                              std::uint8_t device, std::uint16_t flags, std::uint64_t started_ns) noexcept {
  const platform::Holding hold{lock_};
  const std::uint32_t node = sites_[site].node;
  const auto where =
      static_cast<std::uint64_t>(flags) << 16 | static_cast<std::uint64_t>(space) << 8 | device;
  const std::uint64_t hash = mix(node | where << 32);
  const std::uint32_t known = by_node_.find(hash, [&](std::uint32_t id) {
    const profile::SiteRecord& entered = sites_[id];
    return entered.node == node && entered.flags == flags && entered.space == space &&
           entered.device == device;
  });
  if (known != 0) return known;
  const std::uint64_t ms = (platform::monotonic_ns() - started_ns) / 1'000'000;
  const std::uint32_t made = add_site(map, {.node = node,
                                            .space = space,
                                            .device = device,
                                            .flags = flags,
                                            .first_ms = static_cast<std::uint32_t>(ms),
                                            .ready = 0});
  // Without room in the index the stack only gets a second site later.
  if (made != 0) (void)by_node_.insert(hash, made);
  return made;
}

}  // namespace weir::track
