#include "memory/reservations.hpp"

#include <iterator>

namespace simcuda::memory {

bool Reservations::remove(Address base, std::size_t bytes) {
  auto found = reservations_.find(base);
  if (found == reservations_.end() || found->second != bytes) return false;
  if (overlaps_mapping(base, bytes)) return false;
  reservations_.erase(found);
  return true;
}

bool Reservations::contains(Address base, std::size_t bytes) const {
  auto after = reservations_.upper_bound(base);
  if (after == reservations_.begin()) return false;
  auto [start, size] = *std::prev(after);
  Address offset = base - start;
  return offset < size && bytes <= size - offset;
}

bool Reservations::is_free(Address base, std::size_t bytes) const {
  return contains(base, bytes) && !overlaps_mapping(base, bytes);
}

bool Reservations::map(Address base, const Mapping& mapping) {
  if (mapping.bytes == 0 || !is_free(base, mapping.bytes)) return false;
  mappings_.emplace(base, mapping);
  return true;
}

std::vector<Reservations::Found> Reservations::whole_mappings(Address base, std::size_t bytes) {
  std::vector<Found> found;
  Address end = base + bytes;
  for (auto at = mappings_.find(base); at != mappings_.end() && at->first == base && base < end; ++at) {
    found.emplace_back(at->first, &at->second);
    base += at->second.bytes;
  }
  if (base != end) return {};
  return found;
}

Reservations::Found Reservations::mapping_at(Address anywhere_in_it) {
  auto after = mappings_.upper_bound(anywhere_in_it);
  if (after == mappings_.begin()) return {0, nullptr};
  auto at = std::prev(after);
  if (anywhere_in_it - at->first >= at->second.bytes) return {0, nullptr};
  return {at->first, &at->second};
}

bool Reservations::overlaps_mapping(Address base, std::size_t bytes) const {
  auto next = mappings_.lower_bound(base);
  if (next != mappings_.end() && next->first < base + bytes) return true;
  if (next == mappings_.begin()) return false;
  auto before = std::prev(next);
  return before->first + before->second.bytes > base;
}

}  // namespace simcuda::memory
