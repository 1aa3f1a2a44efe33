// The directory of a profile file: which bytes belong to which table.
//
// Everything handed out lies within the file. A chunk that the file's end cuts is handed out as far as it goes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "core/profile/format.hpp"
#include "tool/profile/damage.hpp"

namespace weir::tool {

/// One chunk of a table: part `index`, of shard `owner`.
struct Piece {
  std::uint32_t index;
  std::uint16_t owner;
  std::span<const std::byte> bytes;

  /// How many whole records of this size are here.
  template <class Record>
  [[nodiscard]] std::size_t count() const noexcept {
    return bytes.size() / sizeof(Record);
  }

  template <class Record>
  [[nodiscard]] Record record(std::size_t i) const noexcept {
    Record out;
    std::memcpy(&out, bytes.data() + i * sizeof(Record), sizeof(Record));
    return out;
  }
};

class Chunks {
 public:
  Chunks(std::span<const std::byte> file, const profile::Header& header, Damage& damage);

  /// The pieces of a table in order of index and owner, no two alike.
  [[nodiscard]] std::span<const Piece> of(profile::ChunkKind kind) const noexcept;

  /// One more than the largest index of this table: at most the number of chunks in the file.
  [[nodiscard]] std::size_t parts(profile::ChunkKind kind) const noexcept;

 private:
  static constexpr std::size_t kKinds = profile::kChunkKinds;
  std::vector<Piece> pieces_[kKinds];
};

}  // namespace weir::tool
