// What weir remembers of handles: a map from 64 bits, never 0, to a small value. On pages of its own, open addressing.
//
// All use is under the owner's lock. A table that cannot grow forgets what is new: the caller then knows nothing of it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/platform/platform.hpp"

namespace weir::cuda {

template <class Value>
class Table {
 public:
  struct Entry {
    std::uint64_t key;  ///< 0: empty
    Value value;
  };

  /// Null: there is none. Good until the table changes.
  [[nodiscard]] Value* find(std::uint64_t key) noexcept {
    if (slots_ == 0 || key == 0) return nullptr;
    Entry& entry = entries_[place_of(key)];
    return entry.key == key ? &entry.value : nullptr;
  }

  /// The entry of `key`, as it was or new and zero. Null: no memory.
  [[nodiscard]] Value* insert(std::uint64_t key) noexcept {
    if (key == 0 || ((used_ + 1) * 2 > slots_ && !grow())) return nullptr;
    Entry& entry = entries_[place_of(key)];
    if (entry.key == 0) {
      entry = {.key = key, .value = {}};
      ++used_;
    }
    return &entry.value;
  }

  void erase(std::uint64_t key) noexcept {
    if (find(key) == nullptr) return;
    std::size_t hole = place_of(key);
    entries_[hole].key = 0;
    --used_;
    // What was pushed past the hole moves into it.
    for (std::size_t i = next(hole); entries_[i].key != 0; i = next(i)) {
      const std::size_t home = home_of(entries_[i].key);
      const bool stays = hole <= i ? home > hole && home <= i : home > hole || home <= i;
      if (stays) continue;
      entries_[hole] = entries_[i];
      entries_[i].key = 0;
      hole = i;
    }
  }

  /// The first entry of which `is_it(key, value)` holds, in no order; null: none.
  template <class IsIt>
  [[nodiscard]] Entry* find_if(IsIt is_it) noexcept {
    for (std::size_t i = 0; i != slots_; ++i)
      if (entries_[i].key != 0 && is_it(entries_[i].key, entries_[i].value)) return &entries_[i];
    return nullptr;
  }

  [[nodiscard]] std::size_t size() const noexcept { return used_; }

 private:
  static constexpr std::size_t kFirstSlots = 128;

  [[nodiscard]] std::size_t home_of(std::uint64_t key) const noexcept {
    return (key * 0x9e3779b97f4a7c15U >> 32) & (slots_ - 1);
  }
  [[nodiscard]] std::size_t next(std::size_t i) const noexcept { return (i + 1) & (slots_ - 1); }
  [[nodiscard]] std::size_t place_of(std::uint64_t key) const noexcept {
    std::size_t i = home_of(key);
    while (entries_[i].key != 0 && entries_[i].key != key) i = next(i);
    return i;
  }

  bool grow() noexcept {
    const std::size_t before = slots_;
    const std::size_t slots = before == 0 ? kFirstSlots : before * 2;
    auto* bigger = static_cast<Entry*>(platform::map_pages(slots * sizeof(Entry)));
    if (bigger == nullptr) return false;
    Entry* old = entries_;
    entries_ = bigger;
    slots_ = slots;
    for (std::size_t i = 0; i != before; ++i)
      if (old[i].key != 0) entries_[place_of(old[i].key)] = old[i];
    if (old != nullptr) platform::unmap(old, before * sizeof(Entry));
    return true;
  }

  Entry* entries_ = nullptr;
  std::size_t slots_ = 0, used_ = 0;
};

}  // namespace weir::cuda
