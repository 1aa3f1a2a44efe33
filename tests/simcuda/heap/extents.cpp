#include "heap/extents.hpp"

#include <iterator>

namespace simcuda {

Extents::Extents(uint64_t begin, uint64_t bytes, uint64_t granule)
    : pieces_{{begin, bytes}}, granule_(granule), free_bytes_(bytes), total_bytes_(bytes) {}

std::optional<uint64_t> Extents::take(uint64_t bytes, uint64_t align) {
  if (bytes == 0 || bytes > free_bytes_) return std::nullopt;
  bytes = rounded(bytes);
  for (auto piece = pieces_.begin(); piece != pieces_.end(); ++piece) {
    const auto [begin, size] = *piece;
    const uint64_t at = (begin + align - 1) / align * align;
    if (at - begin > size || bytes > size - (at - begin)) continue;
    cut(piece, at, bytes);
    return at;
  }
  return std::nullopt;
}

bool Extents::take_at(uint64_t begin, uint64_t bytes) {
  bytes = rounded(bytes);
  auto piece = pieces_.upper_bound(begin);
  if (piece == pieces_.begin()) return false;
  --piece;
  const uint64_t before = begin - piece->first;
  if (before > piece->second || bytes > piece->second - before) return false;
  cut(piece, begin, bytes);
  return true;
}

void Extents::give(uint64_t begin, uint64_t bytes) {
  bytes = rounded(bytes);
  free_bytes_ += bytes;
  auto next = pieces_.upper_bound(begin);
  if (next != pieces_.end() && begin + bytes == next->first) {
    bytes += next->second;
    next = pieces_.erase(next);
  }
  if (next != pieces_.begin()) {
    auto before = std::prev(next);
    if (before->first + before->second == begin) {
      before->second += bytes;
      return;
    }
  }
  pieces_.emplace(begin, bytes);
}

void Extents::cut(std::map<uint64_t, uint64_t>::iterator piece, uint64_t begin, uint64_t bytes) {
  const auto [first, size] = *piece;
  pieces_.erase(piece);
  if (begin > first) pieces_.emplace(first, begin - first);
  if (begin + bytes < first + size) pieces_.emplace(begin + bytes, first + size - begin - bytes);
  free_bytes_ -= bytes;
}

}  // namespace simcuda
