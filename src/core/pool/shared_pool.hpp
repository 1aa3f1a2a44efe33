// What the wrappers call: all places of one kind of memory behind one lock, which is never held over the source.
//
//   allocate   idle block? ─→ it
//              a fence is done, or can be put behind pending blocks that fit? ─→ look again
//              source ─→ a fresh block; out of memory ─→ the ladder (rescue.hpp)
//   free       Strict: wait for the place ─→ idle. Deferred: pending, until a fence behind it is done.
//              Whatever cannot be done so is done as without a pool: the block goes back to the source, whose answer the
//              program gets.
//
// Bound: idle bytes never exceed the domain's idle_max when a call returns.
#pragma once

#include <cstdint>

#include "core/pool/block.hpp"
#include "core/pool/block_index.hpp"
#include "core/pool/cache.hpp"
#include "core/pool/source.hpp"

namespace weir::pool {

enum class FreeMode : std::uint8_t { Strict, Deferred };

struct Policy {
  Classes classes;
  FreeMode free_mode;
  std::uint64_t idle_max;        ///< bytes, of one domain
  std::uint64_t rescue_wait_ns;  ///< out of memory: how long pending blocks are waited for
};

/// Where a domain keeps its numbers; several domains may share them. Never null.
struct Numbers {
  profile::PoolRecord* pool;
  profile::PoolClassRecord* classes;  ///< kBins
};

/// Marks that have been put behind pending blocks, oldest first.
template <class Fence>
struct Marks {
  static constexpr std::uint32_t kMost = 64;
  struct Mark {
    std::uint64_t upto;  ///< covers the frees up to this number
    Fence fence;
  } ring[kMost];
  std::uint32_t first, count;
  bool is_busy;  ///< a thread looks at the first, or puts one, outside the lock
};

template <BlockSource Source>
class SharedPool {
 public:
  using Place = typename Source::Place;
  using Result = typename Source::Result;
  using Fence = typename Source::Fence;
  static constexpr std::uint32_t kMostDomains = 128;

  /// The blocks of one place. Never unmapped; used again for the same place after its end.
  struct Domain {
    Place place;
    std::uint64_t group;  ///< domains of one group compete for the same memory: a device
    Policy policy;
    Cache cache;
    Marks<Fence> marks;
    std::uint64_t marked_upto;  ///< frees up to here have a fence behind them
    std::uint64_t free_number;  ///< of the newest free
    std::uint32_t lives;        ///< counts up with each end()
    bool is_open;               ///< false: ended, or being ended, or broken: everything is left to the source
  };

  /// The domain of this place, made when it is new. Null: too many, or no pages. Keep the pointer: it stays.
  [[nodiscard]] Domain* open(const Place& place, std::uint64_t group, const Policy& policy,
                             Numbers numbers) noexcept;

  /// As the source's allocate. A request of 0 bytes or more than kMostBytes is left to the source.
  [[nodiscard]] Result allocate(Source& source, Domain& domain, std::uint64_t request,
                                std::uint64_t& address) noexcept;

  /// Is there a block of this pool at the address, live or not? What is not is freed without the pool.
  [[nodiscard]] bool owns(std::uint64_t address) noexcept;
  /// As the source's release. kNoSuchBlock where the program has freed the block already. `is_ours` false: no block of the
  /// pool begins there, nothing was done.
  [[nodiscard]] Result free(Source& source, std::uint64_t address, bool& is_ours) noexcept;
  /// Takes a live block out of the pool: from now on it is the source's and the program's own business.
  /// False: there is no live block.
  bool forget(std::uint64_t address) noexcept;
  /// Others may hold this block beyond its free: it is not handed out again.
  bool mark_exported(std::uint64_t address) noexcept;
  /// What the program asked for, of a live block that begins here; 0: there is none.
  [[nodiscard]] std::uint64_t requested_of(std::uint64_t address) noexcept;

  // The program has waited for a place itself: what was freed before is idle.
  /// Before it waits: the newest free.
  [[nodiscard]] std::uint64_t newest_free(Domain& domain) noexcept;
  /// After it has waited with success.
  void settled(Source& source, Domain& domain, std::uint64_t upto) noexcept;

  /// The place ends: between these two everything is left to the source. `is_over`: its blocks, of whatever state, are gone.
  void ending(Domain& domain) noexcept;
  void ended(Domain& domain, bool is_over) noexcept;
  /// The place has failed for good.
  void broke(Domain& domain) noexcept;

  /// Gives back idle blocks of the group until at most `most` bytes are idle. How many bytes went.
  std::uint64_t trim(Source& source, std::uint64_t group, std::uint64_t most) noexcept;

  struct Held {
    std::uint64_t live, requested, idle, pending, largest_idle, largest_pending;
  };
  [[nodiscard]] Held held(std::uint64_t group) noexcept;

  /// In a forked child, single-threaded: the blocks are the parent's.
  void forget_all() noexcept;
  [[nodiscard]] std::uint64_t own_bytes() noexcept;

 private:
  typename Source::Lock lock_;
  BlockIndex index_;
  Domain* domains_[kMostDomains];
  std::uint32_t domain_count_;
  Block* unused_;          ///< nodes, by next
  std::uint64_t numbers_;  ///< of handings out
  std::uint64_t own_bytes_;
};

}  // namespace weir::pool
