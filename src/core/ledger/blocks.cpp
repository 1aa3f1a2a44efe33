#include "core/ledger/blocks.hpp"

namespace weir::ledger {

const Freed* Blocks::find_freed(const Key& key) noexcept {
  const Entry* entry = table_.find(key);
  return entry != nullptr && entry->state == State::Freed ? &entry->freed : nullptr;
}

Block* Blocks::enter(const Spot& spot) noexcept {
  Entry* entry = spot.entry_;
  if (entry == nullptr) {
    entry = table_.insert_new(*spot.key_);
    if (entry == nullptr) return nullptr;
    entry->is_in_ring = false;
  }
  entry->state = State::Live;
  return &entry->block;
}

void Blocks::take(const Key& key) noexcept {
  Entry* entry = table_.find(key);
  if (entry == nullptr || entry->state != State::Live) return;
  entry->state = State::Gone;
  entry->number = ++number_;
  if (!entry->is_in_ring && !make_place_for(key, *entry)) table_.erase(key);
}

void Blocks::free(const Spot& spot, std::uint32_t freed_site) noexcept {
  Entry* entry = spot.entry_;
  if (entry == nullptr || entry->state != State::Live) return;
  set_freed(*entry, {entry->block.bytes, entry->block.site, freed_site, entry->block.space, false});
  if (!entry->is_in_ring && !make_place_for(*spot.key_, *entry)) table_.erase(*spot.key_);
}

void Blocks::note(const Key& key, const Freed& freed) noexcept {
  Entry* entry = table_.find(key);
  if (entry == nullptr) {
    entry = table_.insert_new(key);
    if (entry == nullptr) return;
    entry->state = State::Gone;
    entry->is_in_ring = false;
  }
  if (entry->state == State::Live) return;
  set_freed(*entry, freed);
  if (!entry->is_in_ring && !make_place_for(key, *entry)) table_.erase(key);
}

bool Blocks::make_place_for(const Key& key, Entry& entry) noexcept {
  if (ring_ == nullptr) {
    ring_ = static_cast<Key*>(platform::map_pages(kRemembered * sizeof(Key)));
    if (ring_ == nullptr) return false;
    store_relaxed(ring_bytes_, std::uint64_t{kRemembered * sizeof(Key)});
  }
  entry.is_in_ring = true;  // before another goes: that may move the entry
  if (count_ == kRemembered) erase_oldest();
  ring_[(first_ + count_++) % kRemembered] = key;
  return true;
}

/// Makes room in the ring. What has lived and died again since it came there goes to its end instead.
void Blocks::erase_oldest() noexcept {
  for (std::uint32_t looked = 0;; ++looked) {
    const Key key = ring_[first_];
    first_ = (first_ + 1) % kRemembered;
    --count_;
    Entry* entry = table_.find(key);
    if (entry == nullptr) return;
    if (entry->state == State::Live) {
      entry->is_in_ring = false;
      return;
    }
    if (number_ - entry->number >= kRemembered || looked == 8) {
      table_.erase(key);
      return;
    }
    ring_[(first_ + count_++) % kRemembered] = key;
  }
}

void Blocks::forget_freed() noexcept {
  for (; count_ != 0; --count_, first_ = (first_ + 1) % kRemembered) {
    Entry* entry = table_.find(ring_[first_]);
    if (entry == nullptr) continue;
    if (entry->state == State::Live)
      entry->is_in_ring = false;
    else
      table_.erase(ring_[first_]);
  }
}

void Blocks::clear() noexcept {
  Key* old = ring_;
  ring_ = nullptr;
  first_ = count_ = 0;
  store_relaxed(ring_bytes_, std::uint64_t{0});
  table_.clear();
  if (old != nullptr) platform::unmap(old, kRemembered * sizeof(Key));
}

}  // namespace weir::ledger
