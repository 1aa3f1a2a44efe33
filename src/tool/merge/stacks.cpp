// Joining by identity: a module by its contents, a frame by its place in its module, a site by its frames and its memory.
#include "tool/merge/stacks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace weir::tool {
namespace {

constexpr auto kFirstSite = static_cast<std::uint32_t>(profile::FixedSite::First);

/// Two files with the same build id are the same; without one nothing less than path, size and time tells.
std::string identity(const Module& module) {
  if (!module.build_id.empty()) return "id:" + module.build_id;
  return fmt::format("{}:{}:{}", module.file_bytes, module.file_mtime_ns, module.path);
}

std::size_t mixed(std::uint64_t a, std::uint64_t b) noexcept {
  std::uint64_t h = (a ^ (b * 0x9E3779B97F4A7C15U)) * 0xBF58476D1CE4E5B9U;
  h ^= h >> 31;
  return static_cast<std::size_t>(h * 0x94D049BB133111EBU ^ (h >> 29));
}

void add(std::uint64_t& sum, std::uint64_t more) {
  if (__builtin_add_overflow(sum, more, &sum)) sum = std::numeric_limits<std::uint64_t>::max();
}

/// Addresses of several processes say nothing.
void sum_verdicts(Judgement& sum, const Judgement& more) {
  if (more.is_empty()) return;
  sum.example = sum.is_empty() ? more.example : 0;
  for (Judgement::Amount Judgement::*part :
       {&Judgement::direct, &Judgement::indirect, &Judgement::reachable}) {
    add((sum.*part).blocks, (more.*part).blocks);
    add((sum.*part).bytes, (more.*part).bytes);
  }
  for (std::uint64_t Judgement::*field :
       {&Judgement::slabs, &Judgement::slab_bytes, &Judgement::slab_live_bytes, &Judgement::small_bytes,
        &Judgement::sole_bytes, &Judgement::pinned_bytes})
    add(sum.*field, more.*field);
}

bool counted_something(const Site& site) {
  return site.exists && !site.inherited && (site.counts.allocated_blocks | site.counts.allocated_bytes) != 0;
}

}  // namespace

std::size_t Stacks::Hash::operator()(const NodeKey& key) const noexcept {
  return mixed(key.pc, std::uint64_t{key.parent} << 32 | key.module);
}
std::size_t Stacks::Hash::operator()(const SiteKey& key) const noexcept {
  const std::uint32_t memory = key.space | key.device << 8 | key.kind << 16 | key.inherited << 24;
  return mixed(std::uint64_t{key.node} << 32 | key.flags, memory);
}

Stacks::Stacks(Profile& into) : into_{into} {
  into_.modules.resize(1);
  into_.nodes.resize(1);
  into_.sites.resize(kFirstSite);
  given_.resize(kFirstSite);
}

void Stacks::begin(const Profile& from, std::uint32_t first_member, std::uint32_t later_ms) {
  from_ = &from;
  ++profile_;
  first_member_ = first_member;
  later_ms_ = later_ms;
  module_of_.assign(from.modules.size(), 0);
  node_of_.assign(from.nodes.size(), 0);
  site_of_.assign(from.sites.size(), 0);
}

std::uint32_t Stacks::module(std::uint32_t number) {
  if (number == 0 || number >= module_of_.size()) return 0;
  std::uint32_t& out = module_of_[number];
  if (out != 0) return out;
  const Module& module = from_->modules[number];
  const auto [at, is_new] =
      modules_.try_emplace(identity(module), static_cast<std::uint32_t>(into_.modules.size()));
  if (is_new) {
    Module copy = module;
    copy.base = copy.begin = copy.end = 0;  // where it was mapped means nothing here
    copy.generation = 0;
    into_.modules.push_back(std::move(copy));
  }
  return out = at->second;
}

std::uint32_t Stacks::child(std::uint32_t parent, const Node& node) {
  const std::uint32_t in = module(node.module);
  const std::uint64_t place = in == 0 ? node.pc : node.pc - from_->modules[node.module].base;
  if (place == 0) return parent;  // no call returns to the first byte of a file: damaged
  const auto [at, is_new] =
      nodes_.try_emplace({place, parent, in}, static_cast<std::uint32_t>(into_.nodes.size()));
  if (is_new) into_.nodes.push_back({place, parent, in});
  return at->second;
}

std::uint32_t Stacks::stack_of(const Site& site) {
  if (site.node == 0) return 0;
  // Of a stack that was cut, the tree may have older frames that are another's.
  const bool is_cut = (site.flags & profile::kSiteTruncated) != 0 && from_->stack_depth != 0;
  const std::vector<std::uint32_t> stack =
      from_->stack(site.node, is_cut ? from_->stack_depth : profile::kMaxFrames);
  const bool is_whole = !is_cut && !stack.empty() && from_->nodes[stack.back()].parent == 0;
  // Down to a frame that was met before, then up again.
  std::size_t at = 0;
  while (is_whole && at != stack.size() && node_of_[stack[at]] == 0) ++at;
  if (!is_whole) at = stack.size();
  std::uint32_t out = at == stack.size() ? 0 : node_of_[stack[at]];
  while (at-- != 0) {
    out = child(out, from_->nodes[stack[at]]);
    if (is_whole) node_of_[stack[at]] = out;
  }
  return out;
}

void Stacks::add(Site& sum, const Site& more, Given& given) const {
  if (given.profile != profile_) {
    given = {profile_, 0};
    sum.processes += more.processes;
  }
  const std::uint32_t first_ms = more.first_ms > std::numeric_limits<std::uint32_t>::max() - later_ms_
                                     ? std::numeric_limits<std::uint32_t>::max()
                                     : more.first_ms + later_ms_;
  sum.first_ms = std::min(sum.first_ms, first_ms);
  sum.counts += more.counts;
  sum_verdicts(sum.verdict, more.verdict);
  weir::tool::add(sum.at_peak_bytes, more.at_peak_bytes);
  weir::tool::add(sum.peak_bytes, more.peak_bytes);
  weir::tool::add(sum.peak_error_bytes, more.peak_error_bytes);
  sum.at_peak_variance += more.at_peak_variance;
  sum.peak_variance += more.peak_variance;
  weir::tool::add(given.live_bytes, more.most_live_bytes);
  if (given.live_bytes <= sum.most_live_bytes) return;
  sum.most_live_bytes = given.live_bytes;
  sum.most_live_in = first_member_ + more.most_live_in;
}

std::uint32_t Stacks::site(std::uint32_t number) {
  if (number < kFirstSite || number >= site_of_.size() || !from_->sites[number].exists) return 0;
  std::uint32_t& out = site_of_[number];
  if (out != 0) return out;
  const Site& site = from_->sites[number];
  const SiteKey key{.node = stack_of(site),
                    .flags = site.flags,
                    .space = static_cast<std::uint8_t>(site.space),
                    .device = site.has_device() ? site.device : std::uint8_t{0},
                    .kind = static_cast<std::uint8_t>(site.kind),
                    .inherited = site.inherited};
  const auto [at, is_new] = sites_.try_emplace(key, static_cast<std::uint32_t>(into_.sites.size()));
  if (is_new) {
    Site first;
    first.exists = true;
    first.inherited = site.inherited;
    first.space = site.space;
    first.device = key.device;
    first.kind = site.kind;
    first.flags = site.flags;
    first.node = key.node;
    first.first_ms = std::numeric_limits<std::uint32_t>::max();
    first.processes = 0;
    into_.sites.push_back(first);
    given_.emplace_back();
  }
  out = at->second;
  // Sites of the parent are known by their frames only: what they count is the parent's.
  if (counted_something(site)) add(into_.sites[out], site, given_[out]);
  return out;
}

void Stacks::add_sites() {
  for (std::uint32_t number = kFirstSite; number < from_->sites.size(); ++number)
    if (counted_something(from_->sites[number])) static_cast<void>(site(number));
}

}  // namespace weir::tool
