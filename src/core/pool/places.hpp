// SharedPool: places begin, end and fail; what a group holds.
#pragma once

#include <new>

#include "core/pool/shared_pool.hpp"

namespace weir::pool {

template <BlockSource Source>
auto SharedPool<Source>::open(const Place& place, std::uint64_t group, const Policy& policy,
                              Numbers numbers) noexcept -> Domain* {
  const Hold hold{*this};
  Domain* domain = nullptr;
  for (std::uint32_t i = 0; i != domain_count_ && domain == nullptr; ++i)
    if (domains_[i]->place == place) domain = domains_[i];
  if (domain == nullptr) {
    if (domain_count_ == kMostDomains) return nullptr;
    void* const page = Source::map(sizeof(Domain));
    if (page == nullptr) return nullptr;
    own_bytes_ += sizeof(Domain);
    domain = ::new (page) Domain{};
    domain->place = place;
    domain->group = group;
    domains_[domain_count_++] = domain;
  }
  if (domain->is_begun) return domain;
  domain->policy = policy;
  domain->numbers = numbers;
  domain->cache.begin(policy.classes, numbers.pool, numbers.classes);
  domain->mark_at = domain->free_number + kMarkBlocks;
  domain->mark_at_bytes = domain->freed_bytes + kMarkBytes;
  domain->is_begun = true;
  refresh(*domain);
  return domain;
}

template <BlockSource Source>
template <class Visit>
void SharedPool<Source>::each_soon(Visit visit) noexcept {
  constexpr std::uint64_t kPause = 50'000, kTries = 100;  // 5 ms: it is held for microseconds
  for (std::uint64_t tries = 0; !lock_.try_lock(); ++tries) {
    if (tries == kTries) return;
    Source::pause_ns(kPause);
  }
  index_.each(visit);
  lock_.unlock();
}

template <BlockSource Source>
void SharedPool<Source>::ending(Domain& domain) noexcept {
  constexpr std::uint64_t kPause = 20'000,
                          kMostPauses = 5'000;  // 0.1 s: each of them gives back one more block at most
  Hold hold{*this};
  ++domain.endings;
  refresh(domain);
  for (std::uint64_t i = 0; (domain.givers != 0 || domain.marks.out != 0) && i != kMostPauses; ++i) {
    hold.unlock();
    Source::pause_ns(kPause);
    hold.lock();
  }
}

template <BlockSource Source>
void SharedPool<Source>::ended(Source& source, Domain& domain, bool is_over) noexcept {
  Fence fences[Marks<Fence>::kMost];
  std::uint32_t count = 0;
  Hold hold{*this};
  if (domain.endings != 0) --domain.endings;
  if (is_over && domain.is_begun) {
    count = lose(domain, fences);
    lost(source, domain);
    domain.is_begun = domain.is_broken = domain.is_abandoned = false;
    ++domain.numbers.pool->contexts_ended;
  }
  refresh(domain);
  hold.unlock();
  for (std::uint32_t i = 0; i != count; ++i) source.drop(domain.place, fences[i]);
}

/// All blocks of the domain are gone. How many `fences` are not needed any more.
template <BlockSource Source>
std::uint32_t SharedPool<Source>::lose(Domain& domain, Fence (&fences)[Marks<Fence>::kMost]) noexcept {
  ++domain.lives;
  domain.cache.end();
  index_.erase_if([this, &domain](Block* block) noexcept {
    if (block->cache != &domain.cache) return false;
    if (block->state != State::Unused) recycle(block);  // asked about once or twice
    return true;
  });
  domain.marked_upto = domain.claimed_upto = domain.proven_upto = domain.free_number;
  std::uint32_t count = 0;
  while (domain.marks.count != 0) fences[count++] = domain.marks.pop_front().fence;
  return count;
}

template <BlockSource Source>
void SharedPool<Source>::broke(Domain& domain) noexcept {
  const Hold hold{*this};
  domain.is_broken = domain.is_begun;
  refresh(domain);
}

template <BlockSource Source>
[[gnu::noinline, gnu::cold]] void SharedPool<Source>::abandon(Source& source, Domain& domain,
                                                              bool again) noexcept {
  Hold hold{*this};
  if (!domain.is_begun || domain.endings != 0 || (domain.is_abandoned && !again)) return;
  if (source.stance(domain.place) == Stance::Queue) return;
  domain.is_abandoned = true;  // for good: what is pending is treated as if it were idle
  refresh(domain);
  const std::uint32_t lives = domain.lives;
  Block* victims = nullptr;
  Block* const pending = domain.cache.shed_pending();
  // Of the slabs whose parts they are nothing is carved any more.
  for (Block* block = pending; block != nullptr; block = block->next) block->is_exported = true;
  detach(domain, pending, victims);
  detach(domain, domain.cache.shed_beyond(0), victims);
  hold.unlock();
  if (victims != nullptr) give_back(source, domain, lives, victims);
  if constexpr (CarvingSource<Source>) source.release_empty(domain.place);
}

template <BlockSource Source>
auto SharedPool<Source>::held(std::uint64_t group) noexcept -> Held {
  const Hold hold{*this};
  Held sum{};
  for (std::uint32_t i = 0; i != domain_count_; ++i) {
    if (domains_[i]->group != group) continue;
    const Cache& cache = domains_[i]->cache;
    sum.live += cache.live_bytes();
    sum.requested += cache.requested_bytes();
    sum.idle += cache.idle_bytes();
    sum.pending += cache.pending_bytes();
    if (sum.largest_idle < cache.largest_idle()) sum.largest_idle = cache.largest_idle();
    if (sum.largest_pending < cache.largest_pending()) sum.largest_pending = cache.largest_pending();
  }
  return sum;
}

template <BlockSource Source>
void SharedPool<Source>::forget_all() noexcept {
  // Another thread may have been in the middle of anything: nothing of the tables is read, their pages stay with the child.
  ::new (&lock_) typename Source::Lock{};
  index_ = {};
  unused_ = nullptr;
  for (std::uint32_t i = 0; i != domain_count_; ++i) {
    Domain& domain = *domains_[i];
    const Place place = domain.place;
    const std::uint64_t group = domain.group;
    const Numbers numbers = domain.numbers;
    const std::uint32_t lives = domain.lives;
    ::new (&domain) Domain{};
    domain.place = place;
    domain.group = group;
    domain.numbers = numbers;
    domain.lives = lives + 1;
  }
}

template <BlockSource Source>
std::uint64_t SharedPool<Source>::own_bytes() noexcept {
  const Hold hold{*this};
  return own_bytes_ + index_.own_bytes();
}

}  // namespace weir::pool
