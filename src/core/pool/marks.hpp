// SharedPool, deferred: how pending blocks are proven idle.
//
//   frees   1 2 3 4 5 6 7 8 9          a mark covers the frees up to the number that was the newest BEFORE it was put: all
//   marks         ↑4      ↑8           work that may touch those blocks had been submitted by then
//   proven_upto = 4                    the oldest is done, or the program has waited itself; 1 … 4 are idle
//
// One thread at a time has to do with a domain's marks: it takes out what it looks at, so nobody drops that meanwhile.
#pragma once

#include "core/pool/shared_pool.hpp"

namespace weir::pool {

/// Looks at the marks, oldest first, as long as they are done, and in the pool after each. True: `address` is a block for
/// `request`. 0 bytes: looks at the marks only.
template <BlockSource Source>
bool SharedPool<Source>::take_proven(Source& source, Domain& domain, std::uint64_t request,
                                     std::uint64_t& address) noexcept {
  Hold hold{*this};
  const std::uint32_t lives = domain.lives;
  profile::PoolRecord& numbers = *domain.numbers.pool;
  std::uint64_t* proven_by = &numbers.retired_by_program;
  Block* victims = nullptr;
  bool is_served = false;
  while (domain.is_open && domain.lives == lives && source.stance(domain.place) == Stance::Act) {
    *proven_by += domain.cache.retire(domain.proven_upto);
    if (Block* const block = request != 0 ? domain.cache.take(request) : nullptr) {
      address = hand_out(*block);
      is_served = true;
    }
    detach(domain, shed_excess(domain), victims);
    if (is_served || domain.marks.is_busy || domain.marks.count == 0) break;
    domain.marks.is_busy = true;
    Mark mark = domain.marks.pop_front();
    hold.unlock();
    const std::uint64_t before = Source::now_ns();
    const Progress progress = source.look(domain.place, mark.fence);
    const bool is_over = progress == Progress::Done || progress == Progress::Broken;
    if (is_over) source.drop(domain.place, mark.fence);
    const std::uint64_t took = Source::now_ns() - before;
    hold.lock();
    domain.marks.is_busy = false;
    ++numbers.looks;
    numbers.mark_ns += took;
    if (domain.lives == lives && progress == Progress::Broken) {
      domain.is_broken = true;
      refresh(domain);
    }
    if (domain.lives == lives && progress == Progress::Done) {
      if (domain.proven_upto < mark.upto) domain.proven_upto = mark.upto;
      proven_by = &numbers.retired_by_fence;
      domain.put_off_until = 0;
    }
    if (is_over) continue;
    if (domain.lives == lives && domain.proven_upto < mark.upto) {
      domain.marks.push_front(mark);
    } else {  // nobody needs it any more
      hold.unlock();
      source.drop(domain.place, mark.fence);
      hold.lock();
    }
    break;
  }
  hold.unlock();
  if (victims != nullptr) give_back(source, domain, lives, victims);
  return is_served;
}

/// May the caller put a mark behind what has none? Then it must.
template <BlockSource Source>
bool SharedPool<Source>::claim_mark(Domain& domain) noexcept {
  Marks<Fence>& marks = domain.marks;
  if (marks.is_busy || marks.count == marks.kMost || unmarked(domain) == 0) return false;
  if (domain.cache.pending_blocks() == 0) return false;
  marks.is_busy = true;
  return true;
}

/// After claim_mark(). `upto`, `bytes`, `lives`: as they were then.
template <BlockSource Source>
[[gnu::noinline, gnu::cold]] void SharedPool<Source>::put_mark(Source& source, Domain& domain,
                                                               std::uint64_t upto, std::uint64_t bytes,
                                                               std::uint32_t lives) noexcept {
  Mark mark{upto, {}};
  const std::uint64_t before = Source::now_ns();
  const bool is_put = source.mark(domain.place, mark.fence);
  const std::uint64_t took = Source::now_ns() - before;
  Hold hold{*this, typename Hold::Again{}};
  domain.marks.is_busy = false;
  domain.mark_at = upto + kMarkBlocks;  // where it was not to be put, too: not at each free
  domain.mark_at_bytes = bytes + kMarkBytes;
  domain.numbers.pool->mark_ns += took;
  if (!is_put) return;
  ++domain.numbers.pool->marks;
  if (domain.lives == lives && upto > domain.proven_upto) {
    domain.marked_upto = upto;
    domain.marks.push_back(mark);
    return;
  }
  hold.unlock();
  source.drop(domain.place, mark.fence);
}

/// Puts a mark behind all pending blocks that have none. False: there are none, or it could not be.
template <BlockSource Source>
bool SharedPool<Source>::mark_pending(Source& source, Domain& domain) noexcept {
  Hold hold{*this};
  if (!domain.is_open || source.stance(domain.place) != Stance::Act || !claim_mark(domain)) return false;
  const std::uint64_t upto = domain.free_number, bytes = domain.freed_bytes;
  const std::uint32_t lives = domain.lives;
  hold.unlock();
  put_mark(source, domain, upto, bytes, lives);
  return true;
}

template <BlockSource Source>
std::uint64_t SharedPool<Source>::newest_free(Domain& domain) noexcept {
  const Hold hold{*this};
  return domain.free_number;
}

template <BlockSource Source>
void SharedPool<Source>::settled(Source& source, Domain& domain, std::uint64_t upto) noexcept {
  Fence fences[Marks<Fence>::kMost];
  std::uint32_t count = 0;
  Block* victims = nullptr;
  Hold hold{*this};
  if (!domain.is_open) return;
  const std::uint32_t lives = domain.lives;
  if (domain.proven_upto < upto) domain.proven_upto = upto;
  while (domain.marks.count != 0 && domain.marks.at(0).upto <= upto)
    fences[count++] = domain.marks.pop_front().fence;
  // Else they are found idle by the next request that looks (take_proven).
  if (source.stance(domain.place) == Stance::Act) {
    domain.numbers.pool->retired_by_program += domain.cache.retire(upto);
    domain.put_off_until = 0;
    detach(domain, shed_excess(domain), victims);
    if (upto >= domain.marked_upto)
      domain.mark_at_bytes = domain.freed_bytes - domain.cache.pending_bytes() + kMarkBytes;
  }
  if (domain.mark_at < upto + kMarkBlocks) domain.mark_at = upto + kMarkBlocks;
  hold.unlock();
  for (std::uint32_t i = 0; i != count; ++i) source.drop(domain.place, fences[i]);
  if (victims != nullptr) give_back(source, domain, lives, victims);
}

}  // namespace weir::pool
