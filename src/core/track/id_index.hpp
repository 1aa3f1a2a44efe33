// Finds the number of a record by what the record says: a set of numbers, each with 32 bits of its record's hash, on pages
// of its own.
//
// All use is under the owner's lock. The records themselves are the keys, so the caller brings their hash and equality; a
// record is only looked at where the hash agrees.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/tally.hpp"
#include "core/platform/platform.hpp"

namespace weir::track {

class IdIndex {
 public:
  /// The number entered for which `is_it(number)`, or 0. `hash` is that of the record looked for.
  template <class IsIt>
  [[nodiscard]] std::uint32_t find(std::uint64_t hash, IsIt is_it) const noexcept {
    if (table_ == nullptr) return 0;
    for (std::uint64_t i = hash & table_->mask;; i = (i + 1) & table_->mask) {
      const Slot& slot = table_->slots()[i];
      if (slot.id == 0 || (slot.hash == static_cast<std::uint32_t>(hash) && is_it(slot.id))) return slot.id;
    }
  }

  /// Begins to fetch what find() and insert() will look at.
  void prefetch(std::uint64_t hash) const noexcept {
    if (table_ != nullptr) __builtin_prefetch(&table_->slots()[hash & table_->mask], 1);
  }

  /// The number that find() will probably look at first, or 0.
  [[nodiscard]] std::uint32_t guess(std::uint64_t hash) const noexcept {
    if (table_ == nullptr) return 0;
    for (std::uint64_t i = 0; i != 2; ++i) {
      const Slot& slot = table_->slots()[(hash + i) & table_->mask];
      if (slot.hash == static_cast<std::uint32_t>(hash)) return slot.id;
    }
    return 0;
  }

  /// Enters a number that is not there yet. False: no memory; the index is as it was.
  [[nodiscard]] bool insert(std::uint64_t hash, std::uint32_t id) noexcept {
    if (table_ == nullptr || (used_ + 1) * 3 > (table_->mask + 1) * 2)
      if (!grow() && (table_ == nullptr || used_ >= table_->mask)) return false;
    place(*table_, {static_cast<std::uint32_t>(hash), id});
    ++used_;
    return true;
  }

  void clear() noexcept {
    Table* old = table_;
    table_ = nullptr;
    used_ = 0;
    store_relaxed(own_bytes_, std::uint64_t{0});
    if (old != nullptr) platform::unmap(old, bytes_of(*old));
  }

  /// Any thread may ask, without the lock: a table that grows may be unmapped meanwhile, so it is not looked into.
  [[nodiscard]] std::uint64_t own_bytes() const noexcept { return load_relaxed(own_bytes_); }

 private:
  struct Slot {
    std::uint32_t hash, id;  ///< id 0: empty
  };
  /// Mask and slots behind one pointer, so that a fork in the middle of growing leaves one whole table or the other.
  struct Table {
    std::uint64_t mask;
    Slot* slots() noexcept { return reinterpret_cast<Slot*>(this + 1); }
  };
  static constexpr std::uint64_t kFirstSlots = 2048;

  static std::size_t bytes_of(const Table& table) noexcept {
    return sizeof(Table) + (table.mask + 1) * sizeof(Slot);
  }

  static void place(Table& table, Slot slot) noexcept {
    std::uint64_t i = slot.hash & table.mask;
    while (table.slots()[i].id != 0) i = (i + 1) & table.mask;
    table.slots()[i] = slot;
  }

  bool grow() noexcept {
    const Table wanted{table_ == nullptr ? kFirstSlots - 1 : 2 * table_->mask + 1};
    auto* bigger = static_cast<Table*>(platform::map_table(bytes_of(wanted)));
    if (bigger == nullptr) return false;
    bigger->mask = wanted.mask;
    for (std::uint64_t i = 0; table_ != nullptr && i <= table_->mask; ++i)
      if (table_->slots()[i].id != 0) place(*bigger, table_->slots()[i]);
    Table* old = table_;
    table_ = bigger;
    store_relaxed(own_bytes_, std::uint64_t{bytes_of(wanted)});
    if (old != nullptr) platform::unmap(old, bytes_of(*old));
    return true;
  }

  Table* table_{};
  std::uint64_t used_{}, own_bytes_{};
};

}  // namespace weir::track
