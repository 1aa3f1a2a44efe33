// SharedPool: requests, and the blocks that the source grants for them.
#pragma once

#include <new>

#include "core/pool/shared_pool.hpp"

namespace weir::pool {

template <BlockSource Source>
inline bool SharedPool<Source>::take_idle(Domain& domain, std::uint64_t request,
                                          std::uint64_t& address) noexcept {
  if (request - 1 >= kMostBytes) [[unlikely]]
    return false;
  lock_.lock();
  Block* const block = domain.is_open ? domain.cache.take(request) : nullptr;
  if (block != nullptr) [[likely]]
    address = hand_out(*block);
  lock_.unlock();
  return block != nullptr;
}

template <BlockSource Source>
inline auto SharedPool<Source>::allocate(Source& source, Domain& domain, std::uint64_t request,
                                         std::uint64_t& address) noexcept -> Result {
  if (take_idle(domain, request, address)) [[likely]]
    return Source::kSuccess;
  if (request - 1 >= kMostBytes) [[unlikely]]
    return allocate_aside(source, domain, request, address);
  return allocate_slowly(source, domain, request, address);
}

template <BlockSource Source>
[[gnu::noinline, gnu::cold]] auto SharedPool<Source>::allocate_aside(Source& source, Domain& domain,
                                                                     std::uint64_t request,
                                                                     std::uint64_t& address) noexcept
    -> Result {
  {
    const Hold hold{*this};
    ++domain.numbers.pool->aside_allocs;
  }
  Result result;
  if constexpr (CarvingSource<Source>)
    result = source.allocate_whole(domain.place, request, address);
  else
    result = source.allocate(domain.place, request, address);
  if (result == Source::kSuccess) displace(source, address);
  return result;
}

template <BlockSource Source>
[[gnu::noinline, gnu::cold]] auto SharedPool<Source>::allocate_slowly(Source& source, Domain& domain,
                                                                      std::uint64_t request,
                                                                      std::uint64_t& address) noexcept
    -> Result {
  Hold hold{*this};
  const Stance stance = domain.is_open ? source.stance(domain.place) : Stance::Aside;
  const std::uint64_t bytes = class_bytes(domain.policy.classes, request);
  const bool has_marks = domain.marks.count != 0;
  const bool is_worth_a_mark =
      domain.cache.has_pending_for(request) && (bytes >= kMissBytes || unmarked(domain) >= kMissBlocks);
  hold.unlock();
  if (stance == Stance::Aside) return allocate_aside(source, domain, request, address);
  if (take_proven(source, domain, request, address)) return Source::kSuccess;
  // A younger fence is done after the older ones: it is looked at now only where there was none.
  if (is_worth_a_mark && mark_pending(source, domain) && !has_marks &&
      take_proven(source, domain, request, address))
    return Source::kSuccess;
  const Result result = allocate_fresh(source, domain, request, bytes, address);
  return Source::is_no_memory(result) ? rescue(source, domain, request, bytes, address, result) : result;
}

/// Asks the source for a block of `bytes` for this request.
template <BlockSource Source>
auto SharedPool<Source>::allocate_fresh(Source& source, Domain& domain, std::uint64_t request,
                                        std::uint64_t bytes, std::uint64_t& address) noexcept -> Result {
  Hold hold{*this};
  const std::uint32_t lives = domain.lives;
  hold.unlock();
  const std::uint64_t before = Source::now_ns();
  std::uint64_t granted = 0;
  const Result result = source.allocate(domain.place, bytes, granted);
  const std::uint64_t calls = calls_of(source), took = calls != 0 ? Source::now_ns() - before : 0;
  if (result != Source::kSuccess) return result;
  displace(source, granted);
  hold.lock();
  profile::PoolRecord& numbers = *domain.numbers.pool;
  numbers.source_allocs += calls;
  numbers.source_alloc_ns += took;
  domain.numbers.classes[bin_of(bytes)].source_ns += took;
  const bool is_ours = domain.is_open && domain.lives == lives;
  if (!is_ours || !enter(domain, granted, bytes, request, has_carved(source))) {
    if constexpr (CarvingSource<Source>) {
      if (source.is_carved()) {  // only the pool could tell the driver where it is from
        hold.unlock();
        source.release_carved(domain.place, granted);
        return allocate_aside(source, domain, request, address);
      }
    }
    ++(is_ours ? numbers.unpooled : numbers.aside_allocs);
  }
  address = granted;
  return result;
}

/// Makes what the source has granted a live block. False: there is no memory for that; it stays the program's and the
/// source's own.
template <BlockSource Source>
bool SharedPool<Source>::enter(Domain& domain, std::uint64_t address, std::uint64_t bytes,
                               std::uint64_t request, bool is_carved) noexcept {
  Block* const block = new_node();
  if (block == nullptr) return false;
  *block = {};
  block->address = address;
  block->bytes = bytes;
  block->requested = request;
  block->is_carved = is_carved;
  if (!index_.insert({Source::map, Source::unmap}, block)) {
    recycle(block);
    return false;
  }
  domain.cache.enter(block);
  hand_out(*block);
  return true;
}

/// The source has granted this address. Where the pool thinks it has it, the program has freed it, or its place has ended,
/// by a way that was not seen. A live block was one of its own; idle ones may be anybody's by now, with all others there.
template <BlockSource Source>
void SharedPool<Source>::displace(Source& source, std::uint64_t address) noexcept {
  Hold hold{*this};
  Block* const known = index_.find(address);
  if (known == nullptr) [[likely]]
    return;
  if (known->state == State::Live || known->state == State::Freeing) {
    known->cache->leave(known);
    index_.erase(address);
    recycle(known);
    return;
  }
  Domain& domain = domain_of(*known);
  Fence fences[Marks<Fence>::kMost];
  const std::uint32_t count = lose(domain, fences);
  if (!has_carved(source)) lost(source, domain);
  hold.unlock();
  for (std::uint32_t i = 0; i != count; ++i) source.drop(domain.place, fences[i]);
}

template <BlockSource Source>
Block* SharedPool<Source>::new_node() noexcept {
  if (unused_ == nullptr) {
    auto* const page = static_cast<Block*>(Source::map(kNodePage));
    if (page == nullptr) return nullptr;
    own_bytes_ += kNodePage;
    for (std::size_t i = kNodePage / sizeof(Block); i-- != 0;) recycle(::new (page + i) Block{});
  }
  Block* const block = unused_;
  unused_ = block->next;
  return block;
}

template <BlockSource Source>
void SharedPool<Source>::recycle(Block* block) noexcept {
  block->state = State::Unused;
  block->next = unused_;
  unused_ = block;
}

}  // namespace weir::pool
