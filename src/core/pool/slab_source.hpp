// A source in front of another one: it carves small blocks from slabs that it has from there.
//
//   SharedPool → SlabSource → the driver's source      for what is small, in places that carve; else nothing is between them
//
// What is given back by release_carved() is proven unused, so its range may be carved anew at once. A carved block cannot be
// given to the driver: SharedPool does not step aside with one (free.hpp, free_carved).
//
// SlabPlaces is what all sources of one kind of memory share. Its lock is held over nothing but the books, and may be taken
// while the pool's is held.
#pragma once

#include <new>

#include "core/base/tally.hpp"
#include "core/pool/slabs.hpp"
#include "core/pool/source.hpp"
#include "core/profile/format.hpp"

namespace weir::pool {

/// All-zero: nobody carves.
template <class Place, class Lock>
class SlabPlaces {
 public:
  static constexpr std::uint32_t kMostPlaces = 128;

  /// From now on small blocks of this place are carved; `record` is where slabs are counted. Beyond kMostPlaces: they are not.
  void open(const Place& place, profile::PoolRecord* record) noexcept;
  /// The place is gone, and all its slabs with it. Until it is opened again nothing is carved there.
  void lost(const Place& place) noexcept;
  /// What is at this address, the beginning of a block or any other. False: it is in no slab.
  [[nodiscard]] bool find(std::uint64_t address, Slabs::Carved& carved) noexcept;
  /// What slabs hold that is carved for nobody. (A block that the pool keeps idle counts as carved.)
  [[nodiscard]] std::uint64_t free_bytes(const profile::PoolRecord* record) noexcept;
  [[nodiscard]] std::uint64_t own_bytes() noexcept;
  /// In a forked child, single-threaded: the slabs are the parent's.
  void forget_all() noexcept;

 private:
  template <BlockSource Inner>
  friend class SlabSource;

  struct Entry {
    Place place;
    Slabs slabs;
    profile::PoolRecord* record;
    std::uint32_t lives;
    bool is_open;
  };
  class Hold {
   public:
    explicit Hold(Lock& lock) noexcept : lock_{lock} { lock_.lock(); }
    ~Hold() { lock_.unlock(); }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

   private:
    Lock& lock_;
  };

  /// Null: the place does not carve.
  Entry* entry_of(const Place& place) noexcept {
    for (std::uint32_t i = 0; i != count_; ++i)
      if (entries_[i].place == place) return entries_[i].is_open ? &entries_[i] : nullptr;
    return nullptr;
  }
  /// The source grants this slab: what the books say is there has gone with its place, by a way that was not seen.
  void lose_what_is_at(std::uint64_t base) noexcept {
    Slabs::Carved there;
    for (std::uint32_t i = 0; i != count_; ++i) {
      Entry& entry = entries_[i];
      if (entry.slabs.find(base, there) || entry.slabs.find(base + Slabs::kSlabBytes - 1, there)) lose(entry);
    }
  }
  void lose(Entry& entry) noexcept {
    const Size before = size_of(entry);
    entry.slabs.lose_all();
    note(entry, before);
    ++entry.lives;
  }
  struct Size {
    std::uint64_t slabs, free_bytes;
  };
  static Size size_of(const Entry& entry) noexcept {
    return {entry.slabs.slabs(), entry.slabs.bytes() - entry.slabs.carved_bytes()};
  }
  /// Counts what has changed; differences wrap where it is less.
  void note(Entry& entry, const Size& before) noexcept {
    const Size now = size_of(entry);
    const std::uint64_t more = now.slabs - before.slabs;
    profile::PoolRecord& record = *entry.record;
    store_relaxed(record.slabs, load_relaxed(record.slabs) + more);
    store_relaxed(record.slab_bytes, load_relaxed(record.slab_bytes) + more * Slabs::kSlabBytes);
    store_relaxed(record.slab_free_bytes,
                  load_relaxed(record.slab_free_bytes) + now.free_bytes - before.free_bytes);
  }

  Lock lock_{};
  std::uint32_t count_{};  ///< any thread may ask whether it is 0
  Entry entries_[kMostPlaces]{};
};

template <BlockSource Inner>
class SlabSource {
 public:
  using Place = typename Inner::Place;
  using Result = typename Inner::Result;
  using Fence = typename Inner::Fence;
  using Lock = typename Inner::Lock;
  using Places = SlabPlaces<Place, Lock>;
  static constexpr Result kSuccess = Inner::kSuccess;
  static constexpr Result kNoSuchBlock = Inner::kNoSuchBlock;
  static constexpr bool is_no_memory(Result result) noexcept { return Inner::is_no_memory(result); }

  /// Both must outlive it.
  SlabSource(Inner& inner, Places& places) noexcept : inner_{inner}, places_{places} {}

  Result allocate(Place& place, std::uint64_t bytes, std::uint64_t& address) noexcept {
    calls_ = 0;
    is_carved_ = false;
    const bool may_carve = bytes <= Slabs::kMostCarved && load_relaxed(places_.count_) != 0;
    return may_carve && carve(place, bytes, address) ? kSuccess : ask_inner(place, bytes, address);
  }
  [[nodiscard]] bool is_carved() const noexcept { return is_carved_; }
  [[nodiscard]] std::uint32_t calls() const noexcept { return calls_; }
  Result allocate_whole(Place& place, std::uint64_t bytes, std::uint64_t& address) noexcept {
    calls_ = 0;
    is_carved_ = false;
    return ask_inner(place, bytes, address);
  }

  Result release(Place& place, std::uint64_t address) noexcept {
    calls_ = 1;
    return inner_.release(place, address);
  }
  Shed shed(Place& place, std::uint64_t address) noexcept {
    calls_ = 1;
    return inner_.shed(place, address);
  }
  [[nodiscard]] Progress shed_progress() noexcept { return inner_.shed_progress(); }
  void release_carved(Place& place, std::uint64_t address) noexcept { give_back(place, address, false); }
  void release_exported(Place& place, std::uint64_t address) noexcept { give_back(place, address, true); }
  std::uint64_t release_empty(Place& place) noexcept;
  void lost(const Place& place) noexcept {
    if (load_relaxed(places_.count_) != 0) places_.lost(place);
  }
  Result wait_from_anywhere(Place& place) noexcept {
    if constexpr (requires { inner_.wait_from_anywhere(place); })
      return inner_.wait_from_anywhere(place);
    else
      return inner_.wait(place);
  }

  [[nodiscard]] Stance stance(Place& place) noexcept { return inner_.stance(place); }
  Result wait(Place& place) noexcept { return inner_.wait(place); }
  [[nodiscard]] bool waits_for_all(Place& place) noexcept { return inner_.waits_for_all(place); }
  bool mark(Place& place, Fence& fence) noexcept { return inner_.mark(place, fence); }
  Progress look(Place& place, Fence& fence) noexcept { return inner_.look(place, fence); }
  void drop(Place& place, Fence& fence) noexcept { inner_.drop(place, fence); }
  static void* map(std::size_t bytes) noexcept { return Inner::map(bytes); }
  static void unmap(void* base, std::size_t bytes) noexcept { Inner::unmap(base, bytes); }
  static std::uint64_t now_ns() noexcept { return Inner::now_ns(); }
  static void pause_ns(std::uint64_t ns) noexcept { Inner::pause_ns(ns); }

 private:
  using Hold = typename Places::Hold;
  using Entry = typename Places::Entry;
  static constexpr Pages kPages{&Inner::map, &Inner::unmap};

  bool carve(Place& place, std::uint64_t bytes, std::uint64_t& address) noexcept;
  bool add_slab(Place& place, std::uint64_t base, std::uint32_t lives, bool is_sealed) noexcept;
  Result ask_inner(Place& place, std::uint64_t bytes, std::uint64_t& address) noexcept;
  void give_back(Place& place, std::uint64_t address, bool is_exported) noexcept;
  bool release_slab(Place& place, std::uint64_t base, std::uint32_t lives, bool is_sealed) noexcept;

  Inner& inner_;
  Places& places_;
  bool is_carved_ = false;
  std::uint32_t calls_ = 0;  ///< of the inner source, by the last function
};

/// True: `address` is a carved block, or a slab that there are no books for: as a whole that is a block like any other.
template <BlockSource Inner>
[[gnu::noinline]] bool SlabSource<Inner>::carve(Place& place, std::uint64_t bytes,
                                                std::uint64_t& address) noexcept {
  for (int tries = 0; tries != 4; ++tries) {  // other threads may carve up what this one adds
    std::uint32_t lives = 0;
    {
      const Hold hold{places_.lock_};
      Entry* const entry = places_.entry_of(place);
      if (entry == nullptr) return false;
      const auto before = places_.size_of(*entry);
      is_carved_ = entry->slabs.carve(bytes, address);
      places_.note(*entry, before);
      if (is_carved_) return true;
      lives = entry->lives;
    }
    std::uint64_t base = 0;
    ++calls_;
    if (inner_.allocate(place, Slabs::kSlabBytes, base) != kSuccess) return false;
    if (!add_slab(place, base, lives, false)) {
      address = base;
      return true;
    }
  }
  return false;
}

/// False: there are no books for it, or the place is another by now.
template <BlockSource Inner>
bool SlabSource<Inner>::add_slab(Place& place, std::uint64_t base, std::uint32_t lives,
                                 bool is_sealed) noexcept {
  const Hold hold{places_.lock_};
  Entry* const entry = places_.entry_of(place);
  if (entry == nullptr || entry->lives != lives) return false;
  places_.lose_what_is_at(base);
  const auto before = places_.size_of(*entry);
  const bool is_added = !is_sealed && entry->slabs.add(kPages, base);
  if (is_sealed) entry->slabs.add_sealed(kPages, base);
  places_.note(*entry, before);
  return is_added;
}

/// Where memory is out, what slabs of this place hold that are empty may be what is missing.
template <BlockSource Inner>
auto SlabSource<Inner>::ask_inner(Place& place, std::uint64_t bytes, std::uint64_t& address) noexcept
    -> Result {
  ++calls_;
  const Result result = inner_.allocate(place, bytes, address);
  if (!is_no_memory(result) || release_empty(place) == 0) return result;
  ++calls_;
  return inner_.allocate(place, bytes, address);
}

template <BlockSource Inner>
std::uint64_t SlabSource<Inner>::release_empty(Place& place) noexcept {
  if (load_relaxed(places_.count_) == 0 || inner_.stance(place) == Stance::Queue) return 0;
  std::uint64_t bytes = 0;
  for (bool is_gone = true; is_gone; bytes += is_gone ? Slabs::kSlabBytes : 0) {
    std::uint64_t base = 0;
    std::uint32_t lives = 0;
    {
      const Hold hold{places_.lock_};
      Entry* const entry = places_.entry_of(place);
      if (entry == nullptr) break;
      const auto before = places_.size_of(*entry);
      if ((base = entry->slabs.take_empty()) == 0) break;
      places_.note(*entry, before);
      lives = entry->lives;
    }
    is_gone = release_slab(place, base, lives, false);
  }
  return bytes;
}

template <BlockSource Inner>
void SlabSource<Inner>::give_back(Place& place, std::uint64_t address, bool is_exported) noexcept {
  calls_ = 0;
  std::uint64_t base = 0;
  bool is_sealed = false;
  std::uint32_t lives = 0;
  {
    const Hold hold{places_.lock_};
    Entry* const entry = places_.entry_of(place);
    if (entry == nullptr) return;  // gone with its place
    const auto before = places_.size_of(*entry);
    if (is_exported) entry->slabs.seal(address);
    is_sealed = entry->slabs.is_sealed(address);
    base = entry->slabs.give_back(address);
    places_.note(*entry, before);
    lives = entry->lives;
  }
  if (base != 0) release_slab(place, base, lives, is_sealed);
}

/// A slab that the inner source does not take back, or not now, is an empty one of ours again. False: it is.
template <BlockSource Inner>
bool SlabSource<Inner>::release_slab(Place& place, std::uint64_t base, std::uint32_t lives,
                                     bool is_sealed) noexcept {
  if (inner_.stance(place) != Stance::Queue) {
    ++calls_;
    // A sealed one may hold what is not proven unused: it is freed as the program would, by a free that waits.
    const bool is_gone =
        is_sealed ? inner_.release(place, base) == kSuccess : inner_.shed(place, base) == Shed::Gone;
    if (is_gone) return true;
  }
  (void)add_slab(place, base, lives, is_sealed);
  return false;
}

template <class Place, class Lock>
void SlabPlaces<Place, Lock>::open(const Place& place, profile::PoolRecord* record) noexcept {
  const Hold hold{lock_};
  std::uint32_t at = 0;
  while (at != count_ && !(entries_[at].place == place)) ++at;
  if (at == kMostPlaces) return;
  if (at == count_) {
    entries_[at].place = place;
    store_relaxed(count_, count_ + 1);
  }
  entries_[at].record = record;
  entries_[at].is_open = true;
}

template <class Place, class Lock>
void SlabPlaces<Place, Lock>::lost(const Place& place) noexcept {
  const Hold hold{lock_};
  Entry* const entry = entry_of(place);
  if (entry == nullptr) return;
  lose(*entry);
  entry->is_open = false;
}

template <class Place, class Lock>
bool SlabPlaces<Place, Lock>::find(std::uint64_t address, Slabs::Carved& carved) noexcept {
  if (load_relaxed(count_) == 0) return false;
  const Hold hold{lock_};
  for (std::uint32_t i = 0; i != count_; ++i)
    if (entries_[i].slabs.find(address, carved)) return true;
  return false;
}

template <class Place, class Lock>
std::uint64_t SlabPlaces<Place, Lock>::free_bytes(const profile::PoolRecord* record) noexcept {
  if (load_relaxed(count_) == 0) return 0;
  const Hold hold{lock_};
  std::uint64_t bytes = 0;
  for (std::uint32_t i = 0; i != count_; ++i)
    if (entries_[i].record == record) bytes += entries_[i].slabs.bytes() - entries_[i].slabs.carved_bytes();
  return bytes;
}

template <class Place, class Lock>
std::uint64_t SlabPlaces<Place, Lock>::own_bytes() noexcept {
  const Hold hold{lock_};
  std::uint64_t bytes = 0;
  for (std::uint32_t i = 0; i != count_; ++i) bytes += entries_[i].slabs.own_bytes();
  return bytes;
}

template <class Place, class Lock>
void SlabPlaces<Place, Lock>::forget_all() noexcept {
  // Another thread may have been in the middle of anything: nothing of the books is read, their pages stay with the child.
  ::new (&lock_) Lock{};
  count_ = 0;
  for (Entry& entry : entries_) entry = {};
}

}  // namespace weir::pool
