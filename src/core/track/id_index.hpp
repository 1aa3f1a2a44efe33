// Finds the number of a record by what the record says: a set of numbers, four bytes each, on pages of its own.
//
// All use is under the owner's lock. The records themselves are the keys, so the caller brings their hash and equality.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/platform/platform.hpp"

namespace weir::track {

class IdIndex {
 public:
  /// The number entered for which `is_it(number)`, or 0. `hash` is that of the record looked for.
  template <class IsIt>
  [[nodiscard]] std::uint32_t find(std::uint64_t hash, IsIt is_it) const noexcept {
    if (slots_ == nullptr) return 0;
    for (std::uint64_t i = hash & mask_;; i = (i + 1) & mask_) {
      const std::uint32_t id = slots_[i];
      if (id == 0 || is_it(id)) return id;
    }
  }

  /// Enters a number that is not there yet; `hash_of(number)` gives the hash of a record entered earlier. False: no
  /// memory; the index is as it was.
  template <class HashOf>
  [[nodiscard]] bool insert(std::uint64_t hash, std::uint32_t id, HashOf hash_of) noexcept {
    if (slots_ == nullptr || (used_ + 1) * 3 > (mask_ + 1) * 2)
      if (!grow(hash_of) && (slots_ == nullptr || used_ >= mask_)) return false;
    place(slots_, mask_, hash, id);
    ++used_;
    return true;
  }

  void clear() noexcept {
    if (slots_ != nullptr) platform::unmap(slots_, bytes());
    slots_ = nullptr;
    used_ = 0;
  }

  [[nodiscard]] std::uint64_t own_bytes() const noexcept { return slots_ == nullptr ? 0 : bytes(); }

 private:
  static constexpr std::uint64_t kFirstSlots = 4096;

  [[nodiscard]] std::size_t bytes() const noexcept { return (mask_ + 1) * sizeof(std::uint32_t); }

  static void place(std::uint32_t* slots, std::uint64_t mask, std::uint64_t hash, std::uint32_t id) noexcept {
    std::uint64_t i = hash & mask;
    while (slots[i] != 0) i = (i + 1) & mask;
    slots[i] = id;
  }

  template <class HashOf>
  bool grow(HashOf hash_of) noexcept {
    const std::uint64_t slots = slots_ == nullptr ? kFirstSlots : (mask_ + 1) * 2;
    auto* bigger = static_cast<std::uint32_t*>(platform::map_pages(slots * sizeof(std::uint32_t)));
    if (bigger == nullptr) return false;
    for (std::uint64_t i = 0; slots_ != nullptr && i <= mask_; ++i)
      if (slots_[i] != 0) place(bigger, slots - 1, hash_of(slots_[i]), slots_[i]);
    if (slots_ != nullptr) platform::unmap(slots_, bytes());
    slots_ = bigger;
    mask_ = slots - 1;
    return true;
  }

  std::uint32_t* slots_{};
  std::uint64_t mask_{};
  std::uint64_t used_{};
};

}  // namespace weir::track
