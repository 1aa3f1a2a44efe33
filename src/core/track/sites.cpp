#include "core/track/sites.hpp"

#include "core/base/bits.hpp"

namespace weir::track {
namespace {

/// 96 bits of a stack. `generation` keeps stacks apart that ran through different libraries at one address.
HashKey hash_of(const StackView& stack, std::uint32_t generation) noexcept {
  std::uint64_t a = 0x9ddfea08eb382d69ULL ^ generation, b = stack.flags;
  for (const std::uintptr_t pc : stack.pcs) {
    a = a * 0x9e3779b97f4a7c15ULL + pc;
    b = (b ^ pc) * 0xc2b2ae3d27d4eb4fULL;
  }
  return {mix(a), static_cast<std::uint32_t>(b >> 32)};
}

/// Not a hash: for a given parent, every (pc, module) has a word of its own.
HashKey node_key(std::uint32_t parent, std::uint64_t pc, std::uint32_t module) noexcept {
  return {mix((pc << 16 | module) ^ mix(parent)), parent};
}
HashKey node_key(std::uint32_t node) noexcept { return {mix(node), node}; }

}  // namespace

bool Sites::begin(profile::Map& map, std::uint32_t max_sites) noexcept {
  max_sites_ = max_sites;
  if (!nodes_.begin(map.max_chunks()) || !sites_.begin(map.max_chunks())) return false;
  node_count_ = 1;
  site_count_ = static_cast<std::uint32_t>(profile::FixedSite::First);
  if (sites_.make(map, 0) == nullptr) return false;
  sites_[static_cast<std::uint32_t>(profile::FixedSite::Untracked)].ready = 1;
  begin_own_numbers(map);
  return unknown_ != 0 && in_handler_ != 0;
}

void Sites::begin_own_numbers(profile::Map& map) noexcept {
  store_release(map.header().inherited_sites, site_count_);
  by_stack_.clear();
  by_node_.clear();
  const auto stand_in = [&](std::uint16_t flags, std::uint32_t before) {
    const std::uint32_t made = add_site(map, {.node = 0, .space = {}, .device = 0, .flags = flags, .first_ms = 0, .ready = 0});
    return made != 0 ? made : before;
  };
  unknown_ = stand_in(profile::kSiteUnknown, unknown_);
  in_handler_ = stand_in(profile::kSiteInHandler, in_handler_);
}

std::uint32_t Sites::find_node(std::uint32_t parent, std::uint64_t pc, std::uint32_t module) const noexcept {
  return nodes_by_frame_.find(node_key(parent, pc, module));
}

std::uint32_t Sites::add_node(profile::Map& map, const profile::NodeRecord& node) noexcept {
  profile::NodeRecord* place = nodes_.make(map, node_count_);
  if (place == nullptr || !nodes_by_frame_.insert(node_key(node.parent, node.pc, node.module), node_count_)) return 0;
  *place = node;
  // release: a reader that sees the count sees the record.
  store_release(map.header().node_count, node_count_ + 1);
  return node_count_++;
}

std::uint32_t Sites::add_site(profile::Map& map, profile::SiteRecord site) noexcept {
  profile::SiteRecord* place = site_count_ < max_sites_ ? sites_.make(map, site_count_) : nullptr;
  if (place == nullptr) return 0;
  *place = site;
  store_release(place->ready, 1U);
  store_release(map.header().site_count, site_count_ + 1);
  return site_count_++;
}

std::uint32_t Sites::enter(profile::Map& map, const StackView& stack, const HashKey& key,
                           std::span<const std::uint32_t> modules, std::uint64_t started_ns) noexcept {
  const platform::Holding hold{lock_};
  if (const std::uint32_t known = by_stack_.find(key)) return known;
  std::uint32_t node = 0;
  for (std::size_t i = stack.pcs.size(); i-- != 0;) {
    const std::uint32_t parent = node;
    node = find_node(parent, stack.pcs[i], modules[i]);
    if (node == 0) node = add_node(map, {.pc = stack.pcs[i], .parent = parent, .module = modules[i]});
    if (node == 0) return 0;
  }
  std::uint32_t site = by_node_.find(node_key(node));
  if (site == 0) {
    const std::uint64_t ms = (platform::monotonic_ns() - started_ns) / 1'000'000;
    site = add_site(map, {.node = node,
                          .space = profile::Space::Host,
                          .device = 0,
                          .flags = stack.flags,
                          .first_ms = static_cast<std::uint32_t>(ms),
                          .ready = 0});
    if (site == 0) return 0;
    (void)by_node_.insert(node_key(node), site);  // without room the stack only gets a second site later
  }
  (void)by_stack_.insert(key, site);
  return site;
}

std::uint32_t Sites::intern(profile::Map& map, Modules& modules, const StackView& stack,
                            std::uint64_t started_ns) noexcept {
  const HashKey key = hash_of(stack, load_relaxed(map.header().generation));
  if (const std::uint32_t known = by_stack_.find(key)) [[likely]] return known;
  std::uint32_t indices[profile::kMaxFrames];
  for (std::size_t i = 0; i != stack.pcs.size(); ++i) indices[i] = modules.find(map, stack.pcs[i] - 1);
  const std::uint32_t site = enter(map, stack, key, {indices, stack.pcs.size()}, started_ns);
  if (site != 0) return site;
  add_shared(map.header().losses.sites_dropped, 1);
  return unknown_;
}

}  // namespace weir::track
