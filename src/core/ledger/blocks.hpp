// The blocks of CUDA by key: those that live, and those that were freed lately and have not been handed out again, which is
// what a second free is told by.
//
//   enter ──→ Live ──take──→ Gone ──note──→ Freed        one entry of one table all the way: a block that is freed and
//               ↑              │              │          handed out again and again costs one look-up each time
//               └────enter─────┴──────────────┘
//
// What is not live stays until kRemembered others were freed after it.
#pragma once

#include <cstdint>

#include "core/ledger/key_table.hpp"
#include "core/profile/format.hpp"

namespace weir::ledger {

struct Block {
  std::uint64_t bytes;
  std::uint64_t context;  ///< what takes the block along when it ends; 0: nothing does
  std::uint64_t born;     ///< number of the allocation, from 1
  std::uint32_t site;
  std::uint32_t shares;  ///< how often it was handed out beyond the first time (imported memory)
  profile::Space space;
  profile::MemoryKind kind;
  std::uint8_t device;
  std::uint32_t ending;  ///< the end under way that takes it along; 0: none
};

/// What is known of a block that was freed.
struct Freed {
  std::uint64_t bytes;
  std::uint32_t allocated_site, freed_site;
  profile::Space space;
  bool is_done;  ///< the driver has said so, to a thread that had not taken it
};

/// All use is under the owner's lock. Pointers are good until the next call that changes something.
class Blocks {
  enum class State : std::uint8_t { Gone, Live, Freed };
  struct Entry {
    Block block;
    Freed freed;           ///< while State::Freed
    std::uint64_t number;  ///< of the newest free or taking out, counted by the table
    State state;
    bool is_in_ring;
  };

 public:
  static constexpr std::uint32_t kRemembered = 4096;
  /// 3 million blocks, in 288 MiB.
  static constexpr std::uint64_t kMostSlots = std::uint64_t{1} << 22;

  /// A key that was looked up, for several steps. Good until the next call that changes something by another; the key must
  /// outlive it.
  class Spot {
   public:
    /// The live block, or null.
    [[nodiscard]] Block* live() const noexcept {
      return entry_ != nullptr && entry_->state == State::Live ? &entry_->block : nullptr;
    }

   private:
    friend class Blocks;
    const Key* key_;
    Entry* entry_;
    Spot(const Key& key, Entry* entry) noexcept : key_{&key}, entry_{entry} {}
  };
  [[nodiscard]] Spot look(const Key& key) noexcept { return {key, table_.find(key)}; }

  /// The live block with this key, or null.
  [[nodiscard]] Block* find(const Key& key) noexcept { return look(key).live(); }
  /// What was freed with this key lately and not handed out since, or null.
  [[nodiscard]] const Freed* find_freed(const Key& key) noexcept;

  /// Makes a live block of the key; there is none. What it is, the caller writes. Null: no memory, or the bound is reached.
  [[nodiscard]] Block* enter(const Spot& spot) noexcept;
  [[nodiscard]] Block* enter(const Key& key, const Block& block) noexcept {
    Block* made = enter(look(key));
    if (made != nullptr) *made = block;
    return made;
  }

  /// Takes the live block out. It is neither live nor freed then.
  void take(const Key& key) noexcept;
  /// Takes it out, as freed at this site.
  void free(const Spot& spot, std::uint32_t freed_site) noexcept;
  /// It was freed. A key with a live block is left alone.
  void note(const Key& key, const Freed& freed) noexcept;

  /// Frees every live block for which `goes(key, block)`, at this site.
  template <class Goes>
  void free_if(std::uint32_t freed_site, Goes goes) noexcept {
    forget_freed();
    table_.erase_if([&](const Key& key, Entry& entry) noexcept {
      if (entry.state != State::Live || !goes(key, entry.block)) return false;
      if (count_ == kRemembered || !make_place_for(key, entry)) return true;
      set_freed(entry, {entry.block.bytes, entry.block.site, freed_site, entry.block.space, true});
      return false;
    });
  }

  /// Looks at all live blocks.
  template <class See>
  void each(See see) const noexcept {
    table_.each([&](const Key& key, const Entry& entry) noexcept {
      if (entry.state == State::Live) see(key, entry.block);
    });
  }
  /// The same, to change them.
  template <class Change>
  void each_value(Change change) noexcept {
    table_.each_value([&](Entry& entry) noexcept {
      if (entry.state == State::Live) change(entry.block);
    });
  }

  /// Any thread may ask, without the lock.
  [[nodiscard]] std::uint64_t own_bytes() const noexcept {
    return table_.own_bytes() + load_relaxed(ring_bytes_);
  }
  void clear() noexcept;

 private:
  void set_freed(Entry& entry, const Freed& freed) noexcept {
    entry.state = State::Freed;
    entry.freed = freed;
    entry.number = ++number_;
  }
  /// Sees to it that an entry which is not live will go some day. False: no memory for that.
  bool make_place_for(const Key& key, Entry& entry) noexcept;
  void erase_oldest() noexcept;
  void forget_freed() noexcept;

  KeyTable<Entry, kMostSlots> table_{};
  Key* ring_{};                      ///< keys of entries that were not live when they came here, oldest first
  std::uint32_t first_{}, count_{};  ///< … of which these are in use
  std::uint64_t number_{}, ring_bytes_{};
};

}  // namespace weir::ledger
