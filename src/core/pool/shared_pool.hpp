// What the wrappers call: all places of one kind of memory behind one lock, which is never held over the source.
//
//   allocate   idle block? ─→ it
//              a fence is done, or can be put behind pending blocks that fit? ─→ look again
//              source ─→ a fresh block; out of memory ─→ the ladder (rescue.hpp)
//   free       Strict: wait for the place ─→ idle; or pending, where others than those waited for may still touch the block.
//              Deferred: pending, until a fence behind it is done.
//              Whatever cannot be done so is done as without a pool: the block goes back to the source, whose answer the
//              program gets.
//
// Bound: idle bytes do not exceed the domain's idle_max when a call returns, unless the source could only have taken blocks
// back by waiting for work that has nothing to do with them (Shed::Busy). Then they are kept, and offered again after the
// next proof that the device is done, or when some time has passed. While the source cannot take blocks back at all
// (stance() is not Act), none becomes idle. Pending blocks cannot be bounded: frees that put a mark shed what is proven.
//
// Who lets go of the lock may find the place ended when it comes back: `lives` has changed, and the domain's blocks are gone;
// of its own block it knows by its `number` whether it is still there.
#pragma once

#include <cstdint>
#include <type_traits>

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

/// Marks that have been put behind pending blocks, oldest first. Of those and of `out` together there are at most kMost.
template <class Fence>
struct Marks {
  static constexpr std::uint32_t kMost = 64;
  /// With so many the device may be far ahead of what is known.
  static constexpr std::uint32_t kBacklog = 8;
  struct Mark {
    std::uint64_t upto;  ///< covers the frees up to this number
    Fence fence;
  } ring[kMost];
  std::uint32_t first, count;
  std::uint32_t out;  ///< threads that have taken one out to look at it, or put a new one, outside the lock

  [[nodiscard]] bool has_room() const noexcept { return count + out < kMost; }
  [[nodiscard]] bool has_backlog() const noexcept { return count >= kBacklog; }
  Mark& at(std::uint32_t i) noexcept { return ring[(first + i) % kMost]; }
  void push_back(const Mark& mark) noexcept { at(count++) = mark; }
  Mark pop_front() noexcept {
    const Mark mark = at(0);
    first = (first + 1) % kMost;
    --count;
    return mark;
  }
  Mark pop_back() noexcept { return at(--count); }
  /// One that was taken out.
  void put_back(const Mark& mark) noexcept {
    first = (first + kMost - 1) % kMost;
    ++count;
    std::uint32_t place = 0;
    for (; place + 1 != count && at(place + 1).upto < mark.upto; ++place) at(place) = at(place + 1);
    at(place) = mark;
  }
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
    Cache cache;  ///< first: a block leads to its domain
    Place place;
    std::uint64_t group;  ///< domains of one group compete for the same memory: a device
    Policy policy;
    Numbers numbers;
    std::uint64_t free_number,
        freed_bytes;  ///< of all frees that left a block pending, in all lives: number of the newest, and their bytes
    std::uint64_t marked_upto;   ///< frees up to here have a fence behind them
    std::uint64_t claimed_upto;  ///< … or a thread is about to put one
    std::uint64_t proven_upto;   ///< … were followed by a proof that the device is done
    std::uint64_t mark_at,
        mark_at_bytes;            ///< of free_number and freed_bytes: a free that reaches it puts a mark
    std::uint64_t put_off_until;  ///< of the clock: shedding was Busy; 0: it was not
    std::uint32_t lives;          ///< counts up with each end of the place
    std::uint32_t endings;        ///< calls between ending() and ended()
    std::uint32_t givers;         ///< threads that give back idle blocks outside the lock
    bool is_begun, is_broken, is_abandoned;  ///< since open(), broke(), abandon(); until ended()
    bool is_open;  ///< begun, and none of the others, and not being ended: else all is left to the source
    Marks<Fence> marks;
  };

  /// The domain of this place, made when it is new, and begun anew when the place has ended since. Null: too many, or no
  /// pages. Keep the pointer: it stays. (A place that ended is served again only after another open().)
  [[nodiscard]] Domain* open(const Place& place, std::uint64_t group, const Policy& policy,
                             Numbers numbers) noexcept;

  /// An idle block for the request, as allocate() would give it. False: there is none at hand, nothing has happened.
  [[nodiscard]] bool take_idle(Domain& domain, std::uint64_t request, std::uint64_t& address) noexcept;
  /// As the source's allocate. A request of 0 bytes or more than kMostBytes is left to the source. Where nothing helped
  /// rescued[6] is counted: a caller that has another way turns that into a [5].
  [[nodiscard]] Result allocate(Source& source, Domain& domain, std::uint64_t request,
                                std::uint64_t& address) noexcept;

  /// Is there a block of this pool at the address, live or not? What is not is freed without the pool.
  [[nodiscard]] bool owns(std::uint64_t address) noexcept;
  /// As the source's release. kNoSuchBlock where the program has freed the block already. `is_ours` false: no block of the
  /// pool begins there, nothing was done.
  [[nodiscard]] Result free(Source& source, std::uint64_t address, bool& is_ours) noexcept;
  /// Takes a live block out of the pool: from now on it is the source's and the program's own business.
  /// False: there is no live block, or it is carved.
  bool forget(std::uint64_t address) noexcept;
  /// Is the live block that begins here a part of a slab? Then the driver's own functions do not know it.
  [[nodiscard]] bool is_carved(std::uint64_t address) noexcept;
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
  /// ending() waits, with a bound, for threads that give back idle blocks of the place.
  void ending(Domain& domain) noexcept;
  void ended(Source& source, Domain& domain, bool is_over) noexcept;
  /// The place has failed for good.
  void broke(Domain& domain) noexcept;
  /// Nothing can be proven of the place any more, and it goes on: what the pool keeps goes to the source's own release, which
  /// waits as it would have for the program, and all else is left to the source. Not now: nothing happens. `again`: what could
  /// not go the last time is tried anew.
  void abandon(Source& source, Domain& domain, bool again = false) noexcept;

  /// Gives back idle blocks of the group until at most `most` bytes are idle. How many bytes went.
  std::uint64_t trim(Source& source, std::uint64_t group, std::uint64_t most) noexcept;

  /// Others than this pool's requests lack memory: gives back what is idle, and what a look proves to be. How many bytes went.
  std::uint64_t give_way(Source& source, std::uint64_t group) noexcept;

  struct Held {
    std::uint64_t live, requested, idle, pending, largest_idle, largest_pending;
  };
  [[nodiscard]] Held held(std::uint64_t group) noexcept;

  /// Calls `visit` with each block, of whatever state, under the lock. Nothing where that cannot be had soon: this thread may
  /// hold it itself, and be in a signal's handler.
  template <class Visit>
  void each_soon(Visit visit) noexcept;

  /// In a forked child, single-threaded: the blocks are the parent's. All domains are closed until they are opened anew.
  void forget_all() noexcept;
  [[nodiscard]] std::uint64_t own_bytes() noexcept;

 private:
  using Mark = typename Marks<Fence>::Mark;
  class Hold;  // of the lock, for a scope; may let go in between

  /// A free puts a mark when so much was freed since the last: one fence costs about as much as a few hundred pool hits,
  /// and what is not marked cannot become idle.
  static constexpr std::uint64_t kMarkBlocks = 32, kMarkBytes = 64U << 20;
  /// A miss puts one where fewer blocks wait if the fresh block is a dear one, or they are at least so many.
  static constexpr std::uint64_t kMissBytes = 1U << 20, kMissBlocks = 16;
  /// So long blocks beyond the bound are not offered again where nothing else says that the device is done.
  static constexpr std::uint64_t kPutOffNs = 10'000'000;
  static constexpr std::size_t kNodePage = 32U << 10;

  static Domain& domain_of(Block& block) noexcept {
    static_assert(std::is_standard_layout_v<Domain>);
    return *reinterpret_cast<Domain*>(block.cache);
  }
  static void refresh(Domain& domain) noexcept {
    domain.is_open = domain.is_begun && !domain.is_broken && !domain.is_abandoned && domain.endings == 0;
  }
  // What only sources that carve have.
  static bool has_carved([[maybe_unused]] const Source& source) noexcept {
    if constexpr (CarvingSource<Source>) return source.is_carved();
    return false;
  }
  static std::uint32_t calls_of([[maybe_unused]] const Source& source) noexcept {
    if constexpr (CarvingSource<Source>) return source.calls();
    return 1;
  }
  /// `is_unproven`: the source's own free must wait, and does.
  static Shed shed(Source& source, Place& place, const Block& block, bool is_unproven) noexcept {
    if constexpr (CarvingSource<Source>) {
      if (block.is_carved) {
        block.is_exported ? source.release_exported(place, block.address)
                          : source.release_carved(place, block.address);
        return Shed::Gone;
      }
    }
    if (!is_unproven) return source.shed(place, block.address);
    return source.release(place, block.address) == Source::kSuccess ? Shed::Gone : Shed::Refused;
  }
  static void lost([[maybe_unused]] Source& source, [[maybe_unused]] const Domain& domain) noexcept {
    if constexpr (CarvingSource<Source>) source.lost(domain.place);
  }
  static std::uint64_t unmarked(const Domain& domain) noexcept {
    const std::uint64_t done =
        domain.claimed_upto > domain.proven_upto ? domain.claimed_upto : domain.proven_upto;
    return domain.free_number - done;
  }
  std::uint64_t hand_out(Block& block) noexcept {
    block.number = ++numbers_;
    return block.address;
  }

  // allocate.hpp
  Result allocate_slowly(Source&, Domain&, std::uint64_t request, std::uint64_t& address) noexcept;
  Result allocate_aside(Source&, Domain&, std::uint64_t request, std::uint64_t& address) noexcept;
  Result allocate_fresh(Source&, Domain&, std::uint64_t request, std::uint64_t bytes,
                        std::uint64_t& address) noexcept;
  bool enter(Domain&, std::uint64_t address, std::uint64_t bytes, std::uint64_t request,
             bool is_carved) noexcept;
  void displace(Source&, std::uint64_t address) noexcept;
  Block* new_node() noexcept;
  void recycle(Block*) noexcept;
  // free.hpp
  void free_pending(Hold&, Source&, Domain&, Block&, Stance) noexcept;
  Result free_waiting(Hold&, Source&, Domain&, Block&) noexcept;
  Result free_aside(Hold&, Source&, Domain&, Block&) noexcept;
  void free_marking(Hold&, Source&, Domain&) noexcept;
  Result free_carved(Hold&, Source&, Domain&, Block&) noexcept;
  // marks.hpp
  bool take_proven(Source&, Domain&, std::uint64_t request, std::uint64_t& address) noexcept;
  bool claim_mark(Domain&) noexcept;
  void put_mark(Source&, Domain&, std::uint64_t upto, std::uint32_t lives) noexcept;
  std::uint32_t drop_proven(Domain&, Fence (&fences)[Marks<Fence>::kMost]) noexcept;
  bool mark_pending(Source&, Domain&) noexcept;
  // give_back.hpp
  std::uint64_t most_idle(const Domain&) const noexcept;
  Block* shed_excess(Domain&) noexcept;
  void detach(Domain&, Block* list, Block*& victims) noexcept;
  std::uint64_t give_back(Source&, Domain&, std::uint32_t lives, Block* victims) noexcept;
  std::uint64_t give_back_for(Source&, Domain&, std::uint64_t bytes) noexcept;
  // rescue.hpp
  Result rescue(Source&, Domain&, std::uint64_t request, std::uint64_t bytes, std::uint64_t& address,
                Result refused) noexcept;
  bool wait_for_pending(Source&, Domain&, std::uint64_t request, std::uint64_t bytes, std::uint64_t& address,
                        Result& result, std::uint64_t& most_wait) noexcept;
  bool can_prove(Source&, Domain&) noexcept;
  Domain* in_group(std::uint64_t group, std::uint32_t& from) noexcept;
  // places.hpp
  std::uint32_t lose(Domain&, Fence (&fences)[Marks<Fence>::kMost]) noexcept;

  typename Source::Lock lock_{};
  BlockIndex index_;
  Domain* domains_[kMostDomains]{};
  std::uint32_t domain_count_{};
  Block* unused_{};          ///< nodes, by next
  std::uint64_t numbers_{};  ///< of handings out
  std::uint64_t own_bytes_{};
};

template <BlockSource Source>
class SharedPool<Source>::Hold {
 public:
  explicit Hold(SharedPool& of) noexcept : pool_{of} {
    pool_.lock_.lock();
    is_held_ = true;
  }
  struct Again {};
  /// Of a thread that has been in before, and let go: others may wait for what it does.
  Hold(SharedPool& of, Again) noexcept : pool_{of} { lock(); }
  ~Hold() {
    if (is_held_) unlock();
  }
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;
  void lock() noexcept {
    if constexpr (requires { pool_.lock_.lock_soon(); })
      pool_.lock_.lock_soon();
    else
      pool_.lock_.lock();
    is_held_ = true;
  }
  void unlock() noexcept {
    is_held_ = false;
    pool_.lock_.unlock();
  }

 private:
  SharedPool& pool_;
  bool is_held_{};
};

}  // namespace weir::pool

#include "core/pool/allocate.hpp"
#include "core/pool/free.hpp"
#include "core/pool/give_back.hpp"
#include "core/pool/marks.hpp"
#include "core/pool/places.hpp"
#include "core/pool/rescue.hpp"
