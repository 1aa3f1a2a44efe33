// Open addressing on pages of its own, from (key space, key) to a value, with deletion. Grows by copying, up to a bound.
//
// All use is under the owner's lock. An erased entry's place is filled by those behind it, so nothing is left to clean up and
// a table that is used for ever stays as fast as a new one.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/bits.hpp"
#include "core/base/tally.hpp"
#include "core/platform/platform.hpp"

namespace weir::ledger {

struct Key {
  std::uint64_t key;
  std::uint32_t space;  ///< equal keys of different spaces are different
  friend constexpr bool operator==(const Key&, const Key&) noexcept = default;
};

/// `kMostSlots` is a power of two; three quarters of them may be in use.
template <class Value, std::uint64_t kMostSlots>
class KeyTable {
 public:
  static constexpr std::uint64_t kMost = kMostSlots / 4 * 3;

  /// Null: there is no such key. Valid until the next insert or erase.
  [[nodiscard]] Value* find(const Key& key) noexcept {
    if (table_ == nullptr) return nullptr;
    Slot& slot = table_->slots()[slot_of(key)];
    return slot.used != 0 ? &slot.value : nullptr;
  }

  /// Enters a key that is not there yet. Its value is for the caller to write. Null: no memory, or the bound is reached; the
  /// table is as it was.
  [[nodiscard]] Value* insert_new(const Key& key) noexcept {
    if (table_ == nullptr || (used_ + 1) * 4 > (table_->mask + 1) * 3)
      if (!grow()) return nullptr;
    Slot& slot = table_->slots()[slot_of(key)];
    slot.key = key;
    slot.used = 1;
    ++used_;
    return &slot.value;
  }
  [[nodiscard]] bool insert(const Key& key, const Value& value) noexcept {
    Value* made = insert_new(key);
    if (made != nullptr) *made = value;
    return made != nullptr;
  }

  /// False: there is no such key.
  bool erase(const Key& key) noexcept {
    if (table_ == nullptr) return false;
    const std::uint64_t at = slot_of(key);
    if (table_->slots()[at].used == 0) return false;
    erase_at(at);
    return true;
  }

  /// Looks at every entry, erases those for which `wanted(key, value)`.
  template <class Wanted>
  void erase_if(Wanted wanted) noexcept {
    for (std::uint64_t at = 0; table_ != nullptr && at <= table_->mask;) {
      Slot& slot = table_->slots()[at];
      // After an erasure another entry may be here, one that comes later or was looked at before the first slot.
      if (slot.used != 0 && wanted(slot.key, slot.value))
        erase_at(at);
      else
        ++at;
    }
  }

  template <class See>
  void each(See see) const noexcept {
    for (std::uint64_t at = 0; table_ != nullptr && at <= table_->mask; ++at)
      if (const Slot& slot = table_->slots()[at]; slot.used != 0) see(slot.key, slot.value);
  }

  /// The same, to change the values.
  template <class Change>
  void each_value(Change change) noexcept {
    for (std::uint64_t at = 0; table_ != nullptr && at <= table_->mask; ++at)
      if (Slot& slot = table_->slots()[at]; slot.used != 0) change(slot.value);
  }

  [[nodiscard]] std::uint64_t size() const noexcept { return used_; }
  /// Any thread may ask, without the lock: a table that grows may be unmapped meanwhile, so it is not looked into.
  [[nodiscard]] std::uint64_t own_bytes() const noexcept { return load_relaxed(own_bytes_); }

  /// Forgets everything and gives the pages back. Also in a forked child, whatever state the table was in at the fork.
  void clear() noexcept {
    Table* old = table_;
    table_ = nullptr;
    used_ = 0;
    store_relaxed(own_bytes_, std::uint64_t{0});
    if (old != nullptr) platform::unmap(old, bytes_of(*old));
  }

 private:
  struct Slot {
    Key key;
    std::uint32_t used;
    Value value;
  };
  /// Mask and slots behind one pointer, so that a fork in the middle of growing leaves one whole table or the other.
  struct Table {
    std::uint64_t mask, unused;
    Slot* slots() noexcept { return reinterpret_cast<Slot*>(this + 1); }
  };
  static constexpr std::uint64_t kFirstSlots = kMostSlots < 256 ? kMostSlots : 256;

  static std::size_t bytes_of(const Table& table) noexcept {
    return sizeof(Table) + (table.mask + 1) * sizeof(Slot);
  }
  static std::uint64_t home_of(const Table& table, const Key& key) noexcept {
    return mix(key.key + (std::uint64_t{key.space} << 56)) & table.mask;
  }
  /// Where the key is, or the free slot where it would be.
  [[nodiscard]] std::uint64_t slot_of(const Key& key) const noexcept {
    std::uint64_t at = home_of(*table_, key);
    while (table_->slots()[at].used != 0 && !(table_->slots()[at].key == key)) at = (at + 1) & table_->mask;
    return at;
  }

  /// The entries behind a hole move up, but none to a slot before its home.
  void erase_at(std::uint64_t hole) noexcept {
    Slot* slots = table_->slots();
    const std::uint64_t mask = table_->mask;
    for (std::uint64_t at = (hole + 1) & mask; slots[at].used != 0; at = (at + 1) & mask) {
      const std::uint64_t from_home = (at - home_of(*table_, slots[at].key)) & mask;
      if (from_home < ((at - hole) & mask)) continue;
      slots[hole] = slots[at];
      hole = at;
    }
    slots[hole].used = 0;
    --used_;
  }

  bool grow() noexcept {
    Table wanted{};
    wanted.mask = table_ == nullptr ? kFirstSlots - 1 : 2 * table_->mask + 1;
    if (wanted.mask >= kMostSlots) return false;
    auto* bigger = static_cast<Table*>(platform::map_pages(bytes_of(wanted)));
    if (bigger == nullptr) return false;
    bigger->mask = wanted.mask;
    Table* old = table_;
    table_ = bigger;
    store_relaxed(own_bytes_, std::uint64_t{bytes_of(wanted)});
    if (old == nullptr) return true;
    for (std::uint64_t at = 0; at <= old->mask; ++at)
      if (const Slot& slot = old->slots()[at]; slot.used != 0) bigger->slots()[slot_of(slot.key)] = slot;
    platform::unmap(old, bytes_of(*old));
    return true;
  }

  Table* table_{};
  std::uint64_t used_{}, own_bytes_{};
};

}  // namespace weir::ledger
