// SharedPool: idle blocks that go back to the source.
//
// They leave the index, and are nobody's, before the source hears of them: it may grant their addresses anew at once.
#pragma once

#include "core/pool/shared_pool.hpp"

namespace weir::pool {

/// How much may be idle in this domain: the bound is one for all domains whose numbers are kept together.
template <BlockSource Source>
inline std::uint64_t SharedPool<Source>::most_idle(const Domain& domain) const noexcept {
  const std::uint64_t own = domain.cache.idle_bytes(), most = domain.policy.idle_max;
  const auto all = static_cast<std::uint64_t>(domain.numbers.pool->idle_bytes);
  const std::uint64_t excess = all > most ? all - most : 0;
  return own > excess ? own - excess : 0;
}

/// What is idle beyond the bound, unless it was offered just now and the device is busy.
template <BlockSource Source>
inline Block* SharedPool<Source>::shed_excess(Domain& domain) noexcept {
  if (domain.put_off_until != 0) [[unlikely]] {
    if (Source::now_ns() < domain.put_off_until) return nullptr;
    domain.put_off_until = 0;
  }
  return domain.cache.shed_beyond(most_idle(domain));
}

/// Takes a list that the cache has shed out of the index, and puts it before `victims`. give_back() must follow where that
/// is not null then.
template <BlockSource Source>
void SharedPool<Source>::detach(Domain& domain, Block* list, Block*& victims) noexcept {
  if (list == nullptr) return;
  if (victims == nullptr) ++domain.givers;
  while (list != nullptr) {
    Block* const block = list;
    list = block->next;
    index_.erase(block->address);
    block->next = victims;
    victims = block;
  }
}

/// Gives detached blocks back; those that the source refuses are idle again, beyond the bound if need be, and so are those
/// that are left when it is busy, or when another thread begins a capture. How many bytes went. `lives`: as it was when they were detached. A
/// place that is about to end takes along what it still has.
template <BlockSource Source>
[[gnu::noinline, gnu::cold]] std::uint64_t SharedPool<Source>::give_back(Source& source, Domain& domain,
                                                                         std::uint32_t lives,
                                                                         Block* victims) noexcept {
  std::uint64_t gone = 0;
  bool is_busy = false;
  Hold hold{*this};
  profile::PoolRecord& numbers = *domain.numbers.pool;
  while (victims != nullptr) {
    Block* const block = victims;
    victims = block->next;
    bool is_gone = false;
    const bool is_there = domain.is_begun && domain.endings == 0 && domain.lives == lives;
    const bool is_unproven = domain.is_abandoned;
    if (!is_busy && is_there && source.stance(domain.place) != Stance::Queue) {
      hold.unlock();
      const std::uint64_t before = Source::now_ns();
      const Shed shed_as = shed(source, domain.place, *block, is_unproven);
      is_gone = shed_as == Shed::Gone;
      is_busy = shed_as == Shed::Busy;
      const std::uint64_t after = Source::now_ns();
      const std::uint64_t calls = is_busy ? 0 : calls_of(source), took = calls != 0 ? after - before : 0;
      hold.lock();
      if (is_busy) domain.put_off_until = after + kPutOffNs;
      numbers.source_frees += calls;
      numbers.source_free_ns += took;
    }
    if (is_gone) {
      gone += block->bytes;
      ++numbers.shed_blocks;
      numbers.shed_bytes += block->bytes;
    }
    if (is_busy) ++numbers.put_off_blocks;
    const bool is_kept = !is_gone && domain.lives == lives && index_.find(block->address) == nullptr;
    if (is_kept && index_.insert({Source::map, Source::unmap}, block))
      domain.cache.restore(block);
    else
      recycle(block);
  }
  --domain.givers;
  return gone;
}

/// Gives back idle blocks of at least `bytes` in all, as few as will do: this domain's first, then those of others that
/// compete for the same memory. How many bytes went.
template <BlockSource Source>
std::uint64_t SharedPool<Source>::give_back_for(Source& source, Domain& domain,
                                                std::uint64_t bytes) noexcept {
  std::uint64_t gone = 0;
  std::uint32_t from = 0;
  for (Domain* at = &domain; at != nullptr && gone < bytes; at = in_group(domain.group, from)) {
    Block* victims = nullptr;
    Hold hold{*this};
    if (!domain.is_open || source.stance(domain.place) != Stance::Act) return gone;
    const std::uint32_t lives = at->lives;
    const std::uint64_t missing = bytes - gone;
    if (at->is_open && at->cache.idle_bytes() <= missing)
      detach(*at, at->cache.shed_beyond(0), victims);
    else if (at->is_open)
      detach(*at, at->cache.shed_for(missing), victims);
    hold.unlock();
    if (victims != nullptr) gone += give_back(source, *at, lives, victims);
  }
  return gone;
}

template <BlockSource Source>
std::uint64_t SharedPool<Source>::trim(Source& source, std::uint64_t group, std::uint64_t most) noexcept {
  const std::uint64_t idle = held(group).idle;
  std::uint64_t gone = 0;
  std::uint32_t from = 0;
  while (Domain* const at = idle > gone && idle - gone > most ? in_group(group, from) : nullptr) {
    Block* victims = nullptr;
    Hold hold{*this};
    const std::uint32_t lives = at->lives;
    const std::uint64_t excess = idle - gone - most, own = at->cache.idle_bytes();
    if (at->is_open && source.stance(at->place) != Stance::Queue)
      detach(*at, at->cache.shed_beyond(own > excess ? own - excess : 0), victims);
    hold.unlock();
    if (victims != nullptr) gone += give_back(source, *at, lives, victims);
  }
  if constexpr (CarvingSource<Source>) {
    from = 0;
    while (Domain* const at = most == 0 ? in_group(group, from) : nullptr)
      gone += source.release_empty(at->place);
  }
  return gone;
}

}  // namespace weir::pool
