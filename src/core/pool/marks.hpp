// SharedPool, deferred: how pending blocks are proven idle.
//
//   frees   1 2 3 4 5 6 7 8 9          a mark covers the frees up to the number that was the newest BEFORE it was put: all
//   marks         ↑4      ↑8           work that may touch those blocks had been submitted by then
//   proven_upto = 4                    the oldest is done, or the program has waited itself; 1 … 4 are idle
//
// Who looks at a mark takes it out, so nobody drops it meanwhile. Nobody waits for another thread's: one that loses its
// processor in the middle keeps a single mark from the others, and a younger one proves as much.
#pragma once

#include "core/pool/shared_pool.hpp"

namespace weir::pool {

/// Looks at the marks, oldest first, as long as they are done, and in the pool after each; after the first that is done at the
/// youngest, where there are many. True: `address` is a block for `request`. 0 bytes: looks at the marks only.
template <BlockSource Source>
bool SharedPool<Source>::take_proven(Source& source, Domain& domain, std::uint64_t request,
                                     std::uint64_t& address) noexcept {
  Hold hold{*this};
  const std::uint32_t lives = domain.lives;
  profile::PoolRecord& numbers = *domain.numbers.pool;
  std::uint64_t* proven_by = &numbers.retired_by_program;
  Block* victims = nullptr;
  bool is_served = false, is_any_done = false;
  while (domain.is_open && domain.lives == lives && source.stance(domain.place) == Stance::Act) {
    *proven_by += domain.cache.retire(domain.proven_upto);
    if (Block* const block = request != 0 && !is_served ? domain.cache.take(request) : nullptr) {
      address = hand_out(*block);
      is_served = true;
    }
    detach(domain, shed_excess(domain), victims);
    const bool is_behind = is_any_done && domain.marks.has_backlog();
    if ((is_served && !is_behind) || domain.marks.count == 0) break;
    ++domain.marks.out;
    Mark mark = is_behind ? domain.marks.pop_back() : domain.marks.pop_front();
    hold.unlock();
    const std::uint64_t before = Source::now_ns();
    const Progress progress = source.look(domain.place, mark.fence);
    const bool is_over = progress == Progress::Done || progress == Progress::Broken;
    if (is_over) source.drop(domain.place, mark.fence);
    const std::uint64_t took = Source::now_ns() - before;
    Fence proven[Marks<Fence>::kMost];
    std::uint32_t count = 0;
    hold.lock();
    --domain.marks.out;
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
      is_any_done = true;
      count = drop_proven(domain, proven);
    }
    if (!is_over && domain.lives == lives && domain.proven_upto < mark.upto)
      domain.marks.put_back(mark);
    else if (!is_over)  // nobody needs it any more
      proven[count++] = mark.fence;
    if (count != 0) {
      hold.unlock();
      for (std::uint32_t i = 0; i != count; ++i) source.drop(domain.place, proven[i]);
      hold.lock();
    }
    if (!is_over) break;
  }
  hold.unlock();
  if (victims != nullptr) give_back(source, domain, lives, victims);
  return is_served;
}

/// Takes out the marks that prove nothing new: how many `fences`. They are to be dropped, outside the lock.
template <BlockSource Source>
std::uint32_t SharedPool<Source>::drop_proven(Domain& domain, Fence (&fences)[Marks<Fence>::kMost]) noexcept {
  std::uint32_t count = 0;
  while (domain.marks.count != 0 && domain.marks.at(0).upto <= domain.proven_upto)
    fences[count++] = domain.marks.pop_front().fence;
  return count;
}

/// May the caller put a mark behind what has none? Then it must.
template <BlockSource Source>
bool SharedPool<Source>::claim_mark(Domain& domain) noexcept {
  Marks<Fence>& marks = domain.marks;
  if (!marks.has_room() || unmarked(domain) == 0 || domain.cache.pending_blocks() == 0) return false;
  ++marks.out;
  domain.claimed_upto = domain.free_number;
  return true;
}

/// After claim_mark(). `upto`: free_number as it was then; `lives` as well.
template <BlockSource Source>
[[gnu::noinline, gnu::cold]] void SharedPool<Source>::put_mark(Source& source, Domain& domain,
                                                               std::uint64_t upto,
                                                               std::uint32_t lives) noexcept {
  Mark mark{upto, {}};
  const std::uint64_t before = Source::now_ns();
  const bool is_put = source.mark(domain.place, mark.fence);
  const std::uint64_t took = Source::now_ns() - before;
  Hold hold{*this, typename Hold::Again{}};
  --domain.marks.out;
  domain.numbers.pool->mark_ns += took;
  if (!is_put) {
    if (domain.claimed_upto == upto) domain.claimed_upto = domain.marked_upto;
    return;
  }
  ++domain.numbers.pool->marks;
  // Not where another thread has put a younger one meanwhile.
  if (domain.lives == lives && upto > domain.proven_upto && upto > domain.marked_upto) {
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
  const std::uint64_t upto = domain.free_number;
  const std::uint32_t lives = domain.lives;
  domain.mark_at = upto + kMarkBlocks;
  domain.mark_at_bytes = domain.freed_bytes + kMarkBytes;
  hold.unlock();
  put_mark(source, domain, upto, lives);
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
  Block* victims = nullptr;
  Hold hold{*this};
  if (!domain.is_open) return;
  const std::uint32_t lives = domain.lives;
  if (domain.proven_upto < upto) domain.proven_upto = upto;
  const std::uint32_t count = drop_proven(domain, fences);
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
