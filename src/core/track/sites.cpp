#include "core/track/sites.hpp"

#include "core/base/bits.hpp"

namespace weir::track {
namespace {

HashKey key_of(const StackHash& hash, std::uint16_t flags) noexcept {
  return {mix(hash.a), static_cast<std::uint32_t>(mix(hash.b) >> 32) ^ flags};
}

bool is_same(const profile::NodeRecord& a, const profile::NodeRecord& b) noexcept {
  return a.pc == b.pc && a.parent == b.parent && a.module == b.module;
}

}  // namespace

bool Sites::begin(profile::Map& map, std::uint32_t max_sites) noexcept {
  max_sites_ = max_sites;
  if (!nodes_.begin(map.max_chunks()) || !sites_.begin(map.max_chunks())) return false;
  node_count_ = 1;
  site_count_ = static_cast<std::uint32_t>(profile::FixedSite::First);
  if (sites_.make(map, 0) == nullptr) return false;
  sites_[static_cast<std::uint32_t>(profile::FixedSite::Untracked)].ready = 1;
  begin_own_numbers(map);
  (void)map.keep_room();  // for the counters of what is unknown in a forked child
  return unknown_ != 0;
}

void Sites::forget_stacks() noexcept {
  const platform::Holding hold{lock_};
  by_stack_.clear();
}

void Sites::begin_own_numbers(profile::Map& map) noexcept {
  store_release(map.header().inherited_sites, site_count_);
  store_release(map.header().site_count, site_count_);
  store_release(map.header().node_count, node_count_);
  nodes_.clear_from(node_count_);
  sites_.clear_from(site_count_);
  by_stack_.clear();
  by_node_.clear();
  indexed_sites_ = site_count_;
  const std::uint32_t made = add_site(
      map, {.node = 0, .space = {}, .device = 0, .flags = profile::kSiteUnknown, .first_ms = 0, .ready = 0});
  if (made != 0) unknown_ = made;
}

std::uint32_t Sites::child_of(const profile::NodeRecord& frame, std::uint32_t hash) const noexcept {
  const std::uint32_t first = frame.parent + 1;
  if (first < node_count_ && is_same(nodes_[first], frame)) return first;
  return nodes_by_frame_.find(hash, [&](std::uint32_t id) { return is_same(nodes_[id], frame); });
}

void Sites::prefetch_nodes(std::span<const PathFrame> path) const noexcept {
  for (const PathFrame& frame : path) nodes_by_frame_.prefetch(frame.hash);
  for (const PathFrame& frame : path)
    if (const std::uint32_t id = nodes_by_frame_.guess(frame.hash)) __builtin_prefetch(&nodes_[id]);
}

std::uint32_t Sites::add_nodes(profile::Map& map, std::uint32_t parent, std::span<PathFrame> path) noexcept {
  const std::uint32_t first = node_count_;
  for (std::size_t i = path.size(); i-- != 0;) {
    PathFrame& frame = path[i];
    profile::NodeRecord* place = nodes_.make(map, node_count_);
    if (place == nullptr) break;
    *place = {.pc = frame.pc, .parent = parent, .module = frame.module};
    parent = frame.node = node_count_++;
  }
  if (node_count_ == first) return 0;
  // release: a reader that sees the count sees the records.
  store_release(map.header().node_count, node_count_);
  // Last, so that a fork in between leaves no number in the index that the child gives out again. Without room in the
  // index the frame only gets a second node later.
  const std::uint32_t known = nodes_[first].parent;
  if (first != known + 1) (void)nodes_by_frame_.insert(path.back().hash, first);
  return path.front().node;
}

std::uint32_t Sites::add_site(profile::Map& map, profile::SiteRecord site) noexcept {
  profile::SiteRecord* place = site_count_ < max_sites_ ? sites_.make(map, site_count_) : nullptr;
  if (place == nullptr) return 0;
  // For its counters, see Shards::make(). That of the unknown ones is there from the start.
  if (site_count_ % profile::kCountersPerChunk == 0 && site.flags != profile::kSiteUnknown &&
      !map.keep_room())
    return 0;
  *place = site;
  store_release(place->ready, 1U);
  store_release(map.header().site_count, site_count_ + 1);
  return site_count_++;
}

std::uint32_t Sites::site_at(const profile::SiteRecord& site) noexcept {
  for (; indexed_sites_ != site_count_; ++indexed_sites_)
    if (!by_node_.insert(mix(sites_[indexed_sites_].node), indexed_sites_)) break;
  return by_node_.find(mix(site.node), [&](std::uint32_t id) {
    const profile::SiteRecord& there = sites_[id];
    return there.node == site.node && there.flags == site.flags && there.space == site.space &&
           there.device == site.device;
  });
}

std::uint32_t Sites::enter(profile::Map& map, const StackView& stack, const HashKey& key, std::size_t known,
                           std::uint64_t started_ns) noexcept {
  const platform::Holding hold{lock_};
  prefetch_nodes(stack.path.first(known));
  if (const std::uint32_t entered = by_stack_.find(key)) return entered;
  std::uint32_t node = known == stack.path.size() ? 0 : stack.path[known].node;
  std::size_t left = known;
  for (; left != 0; --left) {
    PathFrame& frame = stack.path[left - 1];
    frame.node = child_of({.pc = frame.pc, .parent = node, .module = frame.module}, frame.hash);
    if (frame.node == 0) break;
    node = frame.node;
  }
  const bool is_new = left != 0;
  if (is_new)
    node = add_nodes(map, node, stack.path.first(left));  // a new node has no children: no more look-ups
  if (is_new && node == 0) return 0;
  const std::uint64_t now = platform::coarse_monotonic_ns();
  const std::uint64_t ms = now > started_ns ? (now - started_ns) / 1'000'000 : 0;
  const profile::SiteRecord wanted{.node = node,
                                   .space = profile::Space::Host,
                                   .device = 0,
                                   .flags = stack.flags,
                                   .first_ms = static_cast<std::uint32_t>(ms),
                                   .ready = 0};
  std::uint32_t site = is_new ? 0 : site_at(wanted);
  if (site == 0) site = add_site(map, wanted);
  if (site != 0) (void)by_stack_.insert(key, site);
  return site;
}

void Sites::prefetch(const StackHash& hash, std::uint16_t flags) const noexcept {
  by_stack_.prefetch(key_of(hash, flags));
}

std::uint32_t Sites::find(const StackHash& hash, std::uint16_t flags) const noexcept {
  return by_stack_.find(key_of(hash, flags));
}

std::uint32_t Sites::intern(profile::Map& map, Modules& modules, const StackView& stack,
                            std::uint64_t started_ns) noexcept {
  const HashKey key = key_of(stack.hash, stack.flags);
  by_stack_.prefetch(key);
  std::size_t known = stack.path.size();  // index of the youngest frame whose node is known
  while (known != 0 && stack.path[known - 1].node != 0) --known;
  modules.find_all(map, stack.path.first(known));
  const std::uint32_t site = enter(map, stack, key, known, started_ns);
  if (site != 0) return site;
  add_shared(map.header().losses.sites_dropped, 1);
  return unknown_;
}

}  // namespace weir::track
