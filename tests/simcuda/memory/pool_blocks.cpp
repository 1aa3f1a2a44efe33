#include "memory/pool_blocks.hpp"

#include <algorithm>
#include <vector>

namespace simcuda::memory {
namespace {

using State = PoolBlocks::State;

std::size_t rounded(std::size_t bytes) {
  return (bytes + PoolBlocks::kGranule - 1) / PoolBlocks::kGranule * PoolBlocks::kGranule;
}

bool is_ordered(const PoolBlocks::Block& block) {
  return block.state == State::Pending || block.state == State::Completed;
}

/// Two free neighbours become one when one rule fits both: idle, or freed in the same stream.
bool may_merge(const PoolBlocks::Block& left, const PoolBlocks::Block& right) {
  if (left.state == State::Used || right.state == State::Used) return false;
  if (left.state == State::Idle || right.state == State::Idle) return left.state == right.state;
  return left.freed.stream == right.freed.stream;
}

}  // namespace

void PoolBlocks::add_segment(Address base, std::size_t bytes) {
  segments_.emplace(base, bytes);
  blocks_.emplace(base, Block{.bytes = bytes, .requested = 0, .state = State::Idle, .freed = {}});
  reserved_ += bytes;
}

std::optional<PoolBlocks::Taken> PoolBlocks::take(const Take& wanted) {
  auto usable = [&](const Block& block) {
    if (block.state == State::Idle) return true;
    if (!is_ordered(block)) return false;
    if (block.freed.stream == wanted.stream) return true;
    if (block.state == State::Completed && wanted.reuse.opportunistic) return true;
    return wanted.reuse.follow_event_dependencies && wanted.follows && wanted.follows(block.freed);
  };
  auto found = smallest(wanted, usable);
  if (found == blocks_.end()) return std::nullopt;
  return Taken{.base = cut(found, wanted), .wait_for = std::nullopt};
}

std::optional<PoolBlocks::Taken> PoolBlocks::take_by_waiting(const Take& wanted) {
  if (!wanted.reuse.internal_dependencies) return std::nullopt;
  auto found = smallest(wanted, is_ordered);
  if (found == blocks_.end()) return std::nullopt;
  Order order = found->second.freed;
  return Taken{.base = cut(found, wanted), .wait_for = order};
}

bool PoolBlocks::free_in_order(Address base, Order order) {
  auto found = blocks_.find(base);
  if (found == blocks_.end() || found->second.state != State::Used) return false;
  used_ -= found->second.bytes;
  used_count_ -= 1;
  found->second.state = State::Pending;
  found->second.freed = order;
  merge_around(found);
  return true;
}

bool PoolBlocks::free_now(Address base) {
  auto found = blocks_.find(base);
  if (found == blocks_.end() || found->second.state != State::Used) return false;
  used_ -= found->second.bytes;
  used_count_ -= 1;
  found->second.state = State::Idle;
  merge_around(found);
  return true;
}

void PoolBlocks::complete(Address base, std::size_t bytes, Order order) {
  // What is left of the block may have been cut, or have merged with a neighbour of the same stream, in which
  // case it carries the later of the two tickets: so the ticket decides, not the base.
  for (auto at = containing(base); at != blocks_.end() && at->first < base + bytes; ++at) {
    Block& block = at->second;
    bool is_ours = block.state == State::Pending && block.freed.stream == order.stream;
    if (is_ours && block.freed.ticket <= order.ticket) block.state = State::Completed;
  }
}

void PoolBlocks::observe(std::uint64_t stream) {
  for (auto& [base, block] : blocks_) {
    bool is_seen = stream == 0 || block.freed.stream == stream;
    if (block.state == State::Completed && is_seen) block.state = State::Idle;
  }
  for (auto at = blocks_.begin(); at != blocks_.end();) {
    if (!merge_with_next(at)) ++at;
  }
}

std::size_t PoolBlocks::trim(std::size_t keep, const std::function<void(Address, std::size_t)>& give_back) {
  std::vector<std::pair<Address, std::size_t>> candidates(segments_.rbegin(), segments_.rend());
  std::size_t released = 0;
  for (auto [base, bytes] : candidates) {
    if (reserved_ <= keep) break;
    if (reserved_ - bytes < keep || !idle_segment(base, bytes)) continue;
    blocks_.erase(base);
    segments_.erase(base);
    reserved_ -= bytes;
    released += bytes;
    give_back(base, bytes);
  }
  return released;
}

std::optional<std::pair<PoolBlocks::Address, PoolBlocks::Block>> PoolBlocks::used_block(
    Address anywhere_in_it) const {
  auto at = const_cast<PoolBlocks*>(this)->containing(anywhere_in_it);
  if (at == blocks_.end() || at->second.state != State::Used) return std::nullopt;
  return std::pair{at->first, at->second};
}

std::optional<std::pair<PoolBlocks::Address, std::size_t>> PoolBlocks::segment(Address anywhere_in_it) const {
  auto after = segments_.upper_bound(anywhere_in_it);
  if (after == segments_.begin()) return std::nullopt;
  auto at = std::prev(after);
  if (anywhere_in_it >= at->first + at->second) return std::nullopt;
  return *at;
}

bool PoolBlocks::quiet() const {
  return std::ranges::none_of(blocks_, [](const auto& entry) {
    return entry.second.state == State::Used || entry.second.state == State::Pending;
  });
}

bool PoolBlocks::is_consistent() const {
  std::size_t used = 0;
  std::size_t reserved = 0;
  for (const auto& [base, bytes] : segments_) {
    Address at = base;
    while (at < base + bytes) {
      auto block = blocks_.find(at);
      if (block == blocks_.end() || block->second.bytes == 0) return false;
      if (block->second.state == State::Used) used += block->second.bytes;
      at += block->second.bytes;
    }
    if (at != base + bytes) return false;
    reserved += bytes;
  }
  return used == used_ && reserved == reserved_;
}

PoolBlocks::Blocks::iterator PoolBlocks::smallest(const Take& wanted,
                                                  const std::function<bool(const Block&)>& usable) {
  auto best = blocks_.end();
  for (auto at = blocks_.begin(); at != blocks_.end(); ++at) {
    if (at->second.bytes < rounded(wanted.bytes) || !usable(at->second)) continue;
    if (best == blocks_.end() || at->second.bytes < best->second.bytes) best = at;
  }
  return best;
}

PoolBlocks::Address PoolBlocks::cut(Blocks::iterator at, const Take& wanted) {
  std::size_t bytes = rounded(wanted.bytes);
  if (at->second.bytes > bytes) {
    Block rest = at->second;  // the remainder stays free under the rule of the whole
    rest.bytes -= bytes;
    blocks_.emplace(at->first + bytes, rest);
  }
  at->second = Block{.bytes = bytes, .requested = wanted.bytes, .state = State::Used, .freed = {}};
  used_ += bytes;
  used_count_ += 1;
  return at->first;
}

void PoolBlocks::merge_around(Blocks::iterator at) {
  merge_with_next(at);
  if (at != blocks_.begin()) merge_with_next(std::prev(at));
}

bool PoolBlocks::merge_with_next(Blocks::iterator at) {
  auto next = std::next(at);
  if (next == blocks_.end() || next->first != at->first + at->second.bytes) return false;
  if (segments_.contains(next->first) || !may_merge(at->second, next->second)) return false;
  at->second.bytes += next->second.bytes;
  if (at->second.state != next->second.state) at->second.state = State::Pending;
  at->second.freed.ticket = std::max(at->second.freed.ticket, next->second.freed.ticket);
  blocks_.erase(next);
  return true;
}

PoolBlocks::Blocks::iterator PoolBlocks::containing(Address address) {
  auto after = blocks_.upper_bound(address);
  if (after == blocks_.begin()) return blocks_.end();
  auto at = std::prev(after);
  return address < at->first + at->second.bytes ? at : blocks_.end();
}

bool PoolBlocks::idle_segment(Address base, std::size_t bytes) const {
  auto block = blocks_.find(base);
  return block != blocks_.end() && block->second.state == State::Idle && block->second.bytes == bytes;
}

}  // namespace simcuda::memory
