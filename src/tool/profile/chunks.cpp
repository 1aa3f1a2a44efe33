// Reading the directory, and refusing what it cannot mean.
#include "tool/profile/chunks.hpp"

#include <algorithm>

namespace weir::tool {

using profile::ChunkEntry;
using profile::ChunkKind;
using profile::kChunkBytes;

Chunks::Chunks(std::span<const std::byte> file, const profile::Header& header, Damage& damage) {
  const std::uint64_t in_file = (file.size() + kChunkBytes - 1) / kChunkBytes;
  if (in_file < header.used_chunks || file.size() < header.used_chunks * kChunkBytes)
    damage.note("it ends before its last chunk does");
  const std::uint64_t chunks = std::min(header.used_chunks, in_file);
  for (std::uint64_t i = 1; i < chunks; ++i) {
    const std::uint64_t at = kChunkBytes + i * sizeof(ChunkEntry);
    if (at + sizeof(ChunkEntry) > file.size()) break;
    ChunkEntry entry;
    std::memcpy(&entry, file.data() + at, sizeof(entry));
    if (entry.ready == 0) continue;
    const auto kind = static_cast<std::size_t>(entry.kind);
    if (kind >= kKinds || entry.ready != 1 || entry.reserved != 0 || entry.index >= in_file) {
      damage.note("a directory entry makes no sense and was left out");
      continue;
    }
    if (entry.kind <= ChunkKind::Directory) continue;
    const std::uint64_t begin = i * kChunkBytes;
    const std::uint64_t bytes = std::min(kChunkBytes, file.size() - begin);
    pieces_[kind].push_back({entry.index, entry.owner, file.subspan(begin, bytes)});
  }
  for (auto& pieces : pieces_) {
    const auto less = [](const Piece& a, const Piece& b) {
      return a.index != b.index ? a.index < b.index : a.owner < b.owner;
    };
    const auto same = [](const Piece& a, const Piece& b) { return a.index == b.index && a.owner == b.owner; };
    std::stable_sort(pieces.begin(), pieces.end(), less);
    const auto doubles = std::unique(pieces.begin(), pieces.end(), same);
    if (doubles != pieces.end()) damage.note("two chunks claim to be the same part of a table");
    pieces.erase(doubles, pieces.end());
  }
}

std::span<const Piece> Chunks::of(ChunkKind kind) const noexcept {
  return pieces_[static_cast<std::size_t>(kind)];
}

std::size_t Chunks::parts(ChunkKind kind) const noexcept {
  const auto pieces = of(kind);
  return pieces.empty() ? 0 : pieces.back().index + std::size_t{1};
}

}  // namespace weir::tool
