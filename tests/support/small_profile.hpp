// A profile in private memory, as small as one can be: 64 chunks, of which the first two are taken.
#pragma once

#include "core/profile/profile.hpp"

namespace weir::test {

inline constexpr std::uint64_t kSmallChunks = 64;

struct SmallProfile {
  profile::Map map{};
  explicit SmallProfile(std::uint64_t max_bytes = kSmallChunks * profile::kChunkBytes) {
    is_there = map.begin(max_bytes);
  }
  ~SmallProfile() { platform::unmap(&map.header(), map.max_chunks() * profile::kChunkBytes); }
  SmallProfile(const SmallProfile&) = delete;
  SmallProfile& operator=(const SmallProfile&) = delete;

  /// Takes all chunks but `left`.
  void fill(std::uint64_t left = 0) {
    while (map.used_chunks() + left < map.max_chunks())
      if (map.add_chunk(profile::ChunkKind::Errors, 0, 0) == nullptr) return;
  }

  bool is_there;
};

}  // namespace weir::test
