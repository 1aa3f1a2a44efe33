#include "core/ledger/recent_frees.hpp"

namespace weir::ledger {

void RecentFrees::note(const Key& key, const Freed& freed) noexcept {
  if (ring_ == nullptr) ring_ = static_cast<Entry*>(platform::map_pages(kRemembered * sizeof(Entry)));
  if (ring_ == nullptr) return;
  forget(key);
  Entry& place = ring_[next_];
  if (place.used != 0) by_key_.erase(place.key);
  place.used = 0;
  if (!by_key_.insert(key, next_)) return;
  place = {key, 1, freed};
  next_ = (next_ + 1) % kRemembered;
}

void RecentFrees::forget(const Key& key) noexcept {
  const std::uint32_t* at = by_key_.find(key);
  if (at == nullptr) return;
  ring_[*at].used = 0;
  by_key_.erase(key);
}

const Freed* RecentFrees::find(const Key& key) noexcept {
  const std::uint32_t* at = by_key_.find(key);
  return at == nullptr ? nullptr : &ring_[*at].freed;
}

std::uint64_t RecentFrees::own_bytes() const noexcept {
  return by_key_.own_bytes() + (ring_ == nullptr ? 0 : kRemembered * sizeof(Entry));
}

void RecentFrees::clear() noexcept {
  Entry* old = ring_;
  ring_ = nullptr;
  next_ = 0;
  by_key_.clear();
  if (old != nullptr) platform::unmap(old, kRemembered * sizeof(Entry));
}

}  // namespace weir::ledger
