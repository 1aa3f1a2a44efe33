// SharedPool: frees, and what else the program does to a block that it has.
#pragma once

#include "core/pool/shared_pool.hpp"

namespace weir::pool {

template <BlockSource Source>
inline auto SharedPool<Source>::free(Source& source, std::uint64_t address, bool& is_ours) noexcept
    -> Result {
  Hold hold{*this};
  Block* const block = index_.find(address);
  is_ours = block != nullptr;
  if (block == nullptr || block->state != State::Live) [[unlikely]]
    return Source::kNoSuchBlock;
  Domain& domain = domain_of(*block);
  ++domain.numbers.pool->frees;
  const Stance stance = domain.is_open && !block->is_exported ? source.stance(domain.place) : Stance::Aside;
  if (domain.policy.free_mode == FreeMode::Strict)
    return stance == Stance::Act ? free_waiting(hold, source, domain, *block)
                                 : free_aside(hold, source, domain, *block);
  if (stance == Stance::Aside) [[unlikely]]
    return free_aside(hold, source, domain, *block);

  free_pending(hold, source, domain, *block, stance);
  return Source::kSuccess;
}

/// The block is pending: a mark has to prove it.
template <BlockSource Source>
inline void SharedPool<Source>::free_pending(Hold& hold, Source& source, Domain& domain, Block& block,
                                             Stance stance) noexcept {
  const std::uint64_t number = ++domain.free_number;
  const std::uint64_t bytes = domain.freed_bytes += block.bytes;
  domain.cache.hold(&block, number);
  const bool is_due = number >= domain.mark_at || bytes >= domain.mark_at_bytes;
  if (is_due && stance == Stance::Act) [[unlikely]]
    free_marking(hold, source, domain);
}

/// Puts a mark behind what is pending. A program that only frees and launches never asks for what is proven: where more is
/// kept than may be idle, it is looked for here, and shed. So it is where many marks have not been looked at: while idle blocks
/// last nobody else would, and what was freed last, which the processor's caches know, would be used again last. Waits for nothing.
template <BlockSource Source>
[[gnu::noinline, gnu::cold]] void SharedPool<Source>::free_marking(Hold& hold, Source& source,
                                                                   Domain& domain) noexcept {
  const std::uint64_t number = domain.free_number;
  const std::uint32_t lives = domain.lives;
  const profile::PoolRecord& numbers = *domain.numbers.pool;
  const auto kept = static_cast<std::uint64_t>(numbers.idle_bytes + numbers.pending_bytes);
  const bool is_claimed = claim_mark(domain);
  const bool is_worth_a_look = kept > domain.policy.idle_max || domain.marks.has_backlog();
  // Where it cannot be put, too: not at each free.
  domain.mark_at = number + kMarkBlocks;
  domain.mark_at_bytes = domain.freed_bytes + kMarkBytes;
  hold.unlock();
  if (is_claimed) put_mark(source, domain, number, lives);
  std::uint64_t none = 0;
  if (is_worth_a_look) (void)take_proven(source, domain, 0, none);
}

/// The block becomes idle when the device is done with it; pending, where that is not proven by waiting as the source does.
template <BlockSource Source>
[[gnu::noinline]] auto SharedPool<Source>::free_waiting(Hold& hold, Source& source, Domain& domain,
                                                        Block& block) noexcept -> Result {
  const std::uint64_t number = block.number, upto = domain.free_number;
  const std::uint32_t lives = domain.lives;
  // What begins to use the memory of the place from here on does not follow this free.
  const bool is_proof = source.waits_for_all(domain.place);
  block.state = State::Freeing;
  hold.unlock();
  const std::uint64_t before = Source::now_ns();
  const Result result = source.wait(domain.place);
  const std::uint64_t took = Source::now_ns() - before;
  hold.lock();
  profile::PoolRecord& numbers = *domain.numbers.pool;
  ++numbers.waits;
  numbers.wait_ns += took;
  if (domain.lives != lives || block.number != number || block.state != State::Freeing)
    return result;  // gone with its place
  if (result == Source::kSuccess && is_proof && domain.proven_upto < upto) domain.proven_upto = upto;
  if (result != Source::kSuccess || !domain.is_open || block.is_exported ||
      source.stance(domain.place) != Stance::Act || block.bytes > domain.policy.idle_max)
    return free_aside(hold, source, domain, block);
  if (!is_proof) {
    free_pending(hold, source, domain, block, Stance::Act);
    return result;
  }
  domain.put_off_until = 0;
  domain.cache.keep(&block);
  if (domain.cache.pending_blocks() != 0)  // of frees that were not proven so, or could not wait
    numbers.retired_by_program += domain.cache.retire(domain.proven_upto);
  Block* victims = nullptr;
  detach(domain, shed_excess(domain), victims);
  hold.unlock();
  if (victims != nullptr) give_back(source, domain, lives, victims);
  return result;
}

/// The block goes back to the source, whose answer is the program's. One that is refused is still the program's.
template <BlockSource Source>
[[gnu::noinline, gnu::cold]] auto SharedPool<Source>::free_aside(Hold& hold, Source& source, Domain& domain,
                                                                 Block& block) noexcept -> Result {
  profile::PoolRecord& numbers = *domain.numbers.pool;
  const std::uint64_t address = block.address;
  const std::uint32_t lives = domain.lives;
  ++(block.is_exported ? numbers.exported_frees : numbers.aside_frees);
  if (CarvingSource<Source> && block.is_carved) return free_carved(hold, source, domain, block);
  domain.cache.leave(&block);
  index_.erase(address);
  hold.unlock();
  const std::uint64_t before = Source::now_ns();
  const Result result = source.release(domain.place, address);
  const std::uint64_t took = Source::now_ns() - before;
  hold.lock();
  ++numbers.source_frees;
  numbers.source_free_ns += took;
  // Where the address is somebody's by now, the source has freed the block in spite of what it says.
  const bool is_kept = result != Source::kSuccess && domain.lives == lives && index_.find(address) == nullptr;
  if (is_kept && index_.insert({Source::map, Source::unmap}, &block))
    domain.cache.resume(&block);
  else
    recycle(&block);
  return result;
}

/// The driver does not know a carved block. Where waiting fails, it is still the program's; where waiting is not possible now
/// it is pending, in strict mode too. One that others may hold, and that cannot be waited for, is not used again at all; nor is
/// one of an abandoned place, whose slab goes to the source's own free with all that was in it.
template <BlockSource Source>
[[gnu::noinline, gnu::cold]] auto SharedPool<Source>::free_carved(Hold& hold, Source& source, Domain& domain,
                                                                  Block& block) noexcept -> Result {
  if constexpr (CarvingSource<Source>) {
    const std::uint64_t address = block.address, number = block.number;
    const bool is_exported = block.is_exported, is_proof = source.waits_for_all(domain.place);
    const Stance stance = source.stance(domain.place);
    const bool must_wait = is_exported || domain.policy.free_mode == FreeMode::Strict;
    const bool may_wait = domain.endings == 0 && stance != Stance::Queue;
    Result result = Source::kSuccess;
    if (must_wait && may_wait) {
      block.state = State::Freeing;
      hold.unlock();
      result = source.wait_from_anywhere(domain.place);
      hold.lock();
      if (index_.find(address) != &block || block.number != number || block.state != State::Freeing)
        return result;  // gone with its place
      block.state = State::Live;
      if (result != Source::kSuccess && (stance == Stance::Act || domain.is_broken)) return result;
    }
    const bool has_waited = must_wait && may_wait && result == Source::kSuccess;
    const bool is_proven = has_waited && is_proof, is_last = is_exported || domain.is_abandoned;
    if (!is_proven && !is_last) {
      domain.freed_bytes += block.bytes;
      domain.cache.hold(&block, ++domain.free_number);
      return Source::kSuccess;
    }
    domain.cache.leave(&block);
    index_.erase(address);
    recycle(&block);
    hold.unlock();
    if (is_last && (has_waited || !is_exported)) source.release_exported(domain.place, address);
    if (!is_last) source.release_carved(domain.place, address);
    return Source::kSuccess;
  } else {
    return free_aside(hold, source, domain, block);
  }
}

template <BlockSource Source>
bool SharedPool<Source>::is_carved(std::uint64_t address) noexcept {
  const Hold hold{*this};
  const Block* const block = index_.find(address);
  return block != nullptr && block->state == State::Live && block->is_carved;
}

template <BlockSource Source>
bool SharedPool<Source>::owns(std::uint64_t address) noexcept {
  const Hold hold{*this};
  return index_.find(address) != nullptr;
}

template <BlockSource Source>
bool SharedPool<Source>::forget(std::uint64_t address) noexcept {
  const Hold hold{*this};
  Block* const block = index_.find(address);
  if (block == nullptr || block->state != State::Live || block->is_carved) return false;
  block->cache->leave(block);
  index_.erase(address);
  recycle(block);
  return true;
}

template <BlockSource Source>
bool SharedPool<Source>::mark_exported(std::uint64_t address) noexcept {
  const Hold hold{*this};
  Block* const block = index_.find(address);
  if (block == nullptr || block->state != State::Live) return false;
  block->is_exported = true;
  return true;
}

template <BlockSource Source>
std::uint64_t SharedPool<Source>::requested_of(std::uint64_t address) noexcept {
  const Hold hold{*this};
  const Block* const block = index_.find(address);
  return block != nullptr && block->state == State::Live ? block->requested : 0;
}

}  // namespace weir::pool
