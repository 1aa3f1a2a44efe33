// A table of the profile file: records in chunks, found by number.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "core/platform/platform.hpp"
#include "core/profile/profile.hpp"

namespace weir::track {

/// Grows by whole chunks and never moves a record. One writer at a time (the owner's lock); readers need no lock for
/// numbers that were handed out.
template <class Record, profile::ChunkKind kKind>
class Table {
 public:
  static constexpr std::uint32_t kPerChunk = profile::kChunkBytes / sizeof(Record);

  /// False: no memory for the list of chunks.
  [[nodiscard]] bool begin(std::uint64_t max_chunks) noexcept {
    chunks_ = static_cast<Record**>(platform::map_pages(max_chunks * sizeof(Record*)));
    max_chunks_ = chunks_ == nullptr ? 0 : max_chunks;
    return chunks_ != nullptr;
  }

  /// The record with this number, made if its chunk is not there yet; null: the file is full.
  [[nodiscard]] Record* make(profile::Map& map, std::uint32_t number) noexcept {
    const std::uint32_t chunk = number / kPerChunk;
    if (chunk >= max_chunks_) return nullptr;
    if (chunks_[chunk] == nullptr) chunks_[chunk] = reinterpret_cast<Record*>(map.add_chunk(kKind, 0, chunk));
    return chunks_[chunk] == nullptr ? nullptr : &chunks_[chunk][number % kPerChunk];
  }

  /// The record with this number; null: its chunk was never made.
  [[nodiscard]] Record* find(std::uint32_t number) const noexcept {
    const std::uint32_t chunk = number / kPerChunk;
    return chunk >= max_chunks_ || chunks_[chunk] == nullptr ? nullptr : &chunks_[chunk][number % kPerChunk];
  }

  /// Empties the records from this number on, as far as there are chunks. Single-threaded.
  void clear_from(std::uint32_t number) noexcept {
    for (Record* record = find(number); record != nullptr; record = find(number)) {
      const std::uint32_t left = kPerChunk - number % kPerChunk;
      platform::zero_pages(record, left * sizeof(Record));
      number += left;
    }
  }

  [[nodiscard]] Record& operator[](std::uint32_t number) const noexcept {
    return chunks_[number / kPerChunk][number % kPerChunk];
  }

 private:
  Record** chunks_{};
  std::uint64_t max_chunks_{};
};

}  // namespace weir::track
