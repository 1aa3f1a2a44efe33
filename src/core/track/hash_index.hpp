// Open addressing on pages of its own: a set of 16-byte entries that is read without a lock and grows by copying.
//
// Writers hold the owner's lock. A reader may still look into the table before the present one; it only misses what was
// added since, and then asks again under the lock. Old tables are kept to the end of the process: together they are
// no larger than the present one.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/tally.hpp"
#include "core/platform/platform.hpp"

namespace weir::track {

/// hash: 96 bits of identity; id: what it stands for, never 0.
struct HashKey {
  std::uint64_t high;
  std::uint32_t low;
};

class HashIndex {
 public:
  /// The id entered for `key`, or 0.
  [[nodiscard]] std::uint32_t find(const HashKey& key) const noexcept {
    const Table* table = load_acquire(table_);  // acquire: pairs with the release in grow()
    if (table == nullptr) return 0;
    for (std::uint64_t i = key.high & table->mask;; i = (i + 1) & table->mask) {
      const Entry& entry = table->entries()[i];
      const std::uint32_t id = load_acquire(entry.id);  // acquire: the key was written before the id
      if (id == 0) return 0;
      // The second look at the id: the entry may have been cleared and given to another key meanwhile.
      if (load_relaxed(entry.high) == key.high && load_relaxed(entry.low) == key.low &&
          load_acquire(entry.id) == id)
        return id;
    }
  }

  /// Begins to fetch what find() will look at.
  void prefetch(const HashKey& key) const noexcept {
    const Table* table = load_acquire(table_);
    if (table != nullptr) __builtin_prefetch(&table->entries()[key.high & table->mask], 1);
  }

  /// Enters a key that is not there yet. False: no memory; the map is as it was.
  [[nodiscard]] bool insert(const HashKey& key, std::uint32_t id) noexcept {
    if (table_ == nullptr || (used_ + 1) * 3 > (table_->mask + 1) * 2)
      if (!grow() && (table_ == nullptr || used_ >= table_->mask)) return false;
    place(*table_, key, id);
    ++used_;
    return true;
  }

  /// Forgets everything, in place: a reader misses what it looks for, and asks again under the lock.
  void clear() noexcept {
    if (table_ != nullptr) platform::zero_pages(table_->entries(), (table_->mask + 1) * sizeof(Entry));
    used_ = 0;
  }

  [[nodiscard]] std::uint64_t own_bytes() const noexcept { return own_bytes_; }

 private:
  struct Entry {
    std::uint64_t high;
    std::uint32_t low;
    std::uint32_t id;
  };
  struct Table {
    std::uint64_t mask;
    std::uint64_t unused;
    Entry* entries() noexcept { return reinterpret_cast<Entry*>(this + 1); }
    [[nodiscard]] const Entry* entries() const noexcept { return reinterpret_cast<const Entry*>(this + 1); }
  };
  static_assert(sizeof(Table) == sizeof(Entry));
  static constexpr std::uint64_t kFirstSlots = 2048;

  static void place(Table& table, const HashKey& key, std::uint32_t id) noexcept {
    std::uint64_t i = key.high & table.mask;
    while (table.entries()[i].id != 0) i = (i + 1) & table.mask;
    store_relaxed(table.entries()[i].high, key.high);
    store_relaxed(table.entries()[i].low, key.low);
    store_release(table.entries()[i].id, id);  // release: pairs with the acquire in find()
  }

  bool grow() noexcept {
    const std::uint64_t slots = table_ == nullptr ? kFirstSlots : (table_->mask + 1) * 2;
    const std::size_t bytes = sizeof(Table) + slots * sizeof(Entry);
    auto* bigger = static_cast<Table*>(platform::map_table(bytes));
    if (bigger == nullptr) return false;
    own_bytes_ += bytes;
    bigger->mask = slots - 1;
    for (std::uint64_t i = 0; table_ != nullptr && i <= table_->mask; ++i) {
      const Entry& entry = table_->entries()[i];
      if (entry.id != 0) place(*bigger, {entry.high, entry.low}, entry.id);
    }
    store_release(table_, bigger);  // release: readers see a whole table
    return true;
  }

  Table* table_{};
  std::uint64_t used_{};
  std::uint64_t own_bytes_{};
};

}  // namespace weir::track
