// SharedPool: the source is out of memory. What the pool holds must not be what the program lacks.
//
//   rescued  [0] look again: at the marks, and in the pool
//            [1] give back just enough, ask for the size class again
//            [2] wait, with a bound, until pending blocks are proven idle: one of them, or give back just enough; and until
//                what was given back has arrived, or the device is no longer busy
//            [3] give back everything, ask again; wait as in [2], with what is left of the bound
//            [4] ask for the exact size
//            [6] none of that: the source's error as it is
//
// Domains of the same group hold the same memory: theirs is looked at, and given back, too.
#pragma once

#include "core/base/bits.hpp"
#include "core/base/tally.hpp"
#include "core/pool/shared_pool.hpp"

namespace weir::pool {

template <BlockSource Source>
[[gnu::noinline, gnu::cold]] auto SharedPool<Source>::rescue(Source& source, Domain& domain,
                                                             std::uint64_t request, std::uint64_t bytes,
                                                             std::uint64_t& address, Result refused) noexcept
    -> Result {
  Result result = refused;
  // Another error than that is nobody's rescue.
  const auto done = [&](int step) noexcept {
    const Hold hold{*this};
    if (step == 6 || result == Source::kSuccess)
      add_shared(domain.numbers.pool->rescued[step], 1);  // the caller may take it back
    return result;
  };
  {
    const Hold hold{*this};
    ++domain.numbers.pool->no_memory;
  }
  std::uint32_t from = 0;
  for (Domain* at = &domain; at != nullptr; at = in_group(domain.group, from)) {
    if (take_proven(source, *at, at == &domain ? request : 0, address)) {
      result = Source::kSuccess;
      return done(0);
    }
  }
  if (give_back_for(source, domain, bytes) != 0) {
    result = allocate_fresh(source, domain, request, bytes, address);
    if (!Source::is_no_memory(result)) return done(1);
  }
  std::uint64_t most_wait = 0;
  {
    const Hold hold{*this};
    most_wait = domain.policy.rescue_wait_ns;
  }
  if (wait_for_pending(source, domain, request, bytes, address, result, most_wait)) return done(2);
  if (give_back_for(source, domain, ~std::uint64_t{0}) != 0) {
    result = allocate_fresh(source, domain, request, bytes, address);
    if (!Source::is_no_memory(result)) return done(3);
    if (source.shed_progress() == Progress::NotYet &&
        wait_for_pending(source, domain, request, bytes, address, result, most_wait))
      return done(3);
  }
  if (const std::uint64_t exact = align_up(request, kGranule); exact != bytes) {
    result = allocate_fresh(source, domain, request, exact, address);
    if (!Source::is_no_memory(result)) return done(4);
  }
  return done(6);
}

/// Puts marks behind the pending blocks of the group and looks at them until there are none and nothing that was shed is on
/// its way, or `most_wait` is over; what was waited is taken off that. True: that has decided the request, see `result`.
template <BlockSource Source>
bool SharedPool<Source>::wait_for_pending(Source& source, Domain& domain, std::uint64_t request,
                                          std::uint64_t bytes, std::uint64_t& address, Result& result,
                                          std::uint64_t& most_wait) noexcept {
  constexpr std::uint64_t kShortest = 20'000, kLongest = 1'000'000;
  const std::uint64_t start = Source::now_ns();
  std::uint64_t waited = 0, idle = held(domain.group).idle;
  bool is_decided = false;
  bool is_shedding = source.shed_progress() == Progress::NotYet;
  for (std::uint64_t pause = kShortest;; pause = pause * 2 < kLongest ? pause * 2 : kLongest) {
    bool is_any_left = false;
    std::uint32_t from = 0;
    for (Domain* at = &domain; at != nullptr && !is_decided; at = in_group(domain.group, from)) {
      mark_pending(source, *at);
      is_decided = take_proven(source, *at, at == &domain ? request : 0, address);
      if (is_decided) result = Source::kSuccess;
      is_any_left |= can_prove(source, *at);
    }
    const std::uint64_t idle_now = held(domain.group).idle;
    const bool has_enough_more = idle_now > idle && idle_now >= bytes;
    const bool was_shedding = is_shedding;
    is_shedding = !is_decided && source.shed_progress() == Progress::NotYet;
    const bool has_arrived = was_shedding && !is_shedding;
    idle = idle_now;
    if (!is_decided && (has_arrived || has_enough_more) &&
        (give_back_for(source, domain, bytes) != 0 || has_arrived)) {
      idle = held(domain.group).idle;
      result = allocate_fresh(source, domain, request, bytes, address);
      is_decided = !Source::is_no_memory(result);
      is_shedding = !is_decided && source.shed_progress() == Progress::NotYet;
    }
    waited = Source::now_ns() - start;
    if (is_decided || (!is_any_left && !is_shedding) || waited >= most_wait) break;
    Source::pause_ns(pause);
  }
  const Hold hold{*this};
  domain.numbers.pool->rescue_wait_ns += waited;
  most_wait -= waited < most_wait ? waited : most_wait;
  return is_decided;
}

template <BlockSource Source>
[[gnu::noinline, gnu::cold]] std::uint64_t SharedPool<Source>::give_way(Source& source,
                                                                        std::uint64_t group) noexcept {
  std::uint64_t address = 0, over_bound = 0;
  std::uint32_t from = 0;
  while (Domain* const at = in_group(group, from)) {
    const std::uint64_t before = load_relaxed(at->numbers.pool->shed_bytes);
    mark_pending(source, *at);
    (void)take_proven(source, *at, 0, address);
    over_bound += load_relaxed(at->numbers.pool->shed_bytes) - before;
  }
  return over_bound + trim(source, group, 0);
}

/// Has the domain pending blocks that a mark may prove now?
template <BlockSource Source>
bool SharedPool<Source>::can_prove(Source& source, Domain& domain) noexcept {
  const Hold hold{*this};
  return domain.is_open && source.stance(domain.place) == Stance::Act && domain.cache.pending_blocks() != 0;
}

/// The next domain of the group, from number `from` on, which counts on; null: there are no more.
template <BlockSource Source>
auto SharedPool<Source>::in_group(std::uint64_t group, std::uint32_t& from) noexcept -> Domain* {
  const Hold hold{*this};
  while (from != domain_count_)
    if (Domain* const domain = domains_[from++]; domain->group == group) return domain;
  return nullptr;
}

}  // namespace weir::pool
