// The last keys that were freed and have not been handed out again: what a second free of the same block is told by.
#pragma once

#include <cstdint>

#include "core/ledger/key_table.hpp"
#include "core/profile/format.hpp"

namespace weir::ledger {

struct Freed {
  std::uint64_t bytes;
  std::uint32_t allocated_site, freed_site;
  profile::Space space;
};

/// All use is under the owner's lock.
class RecentFrees {
 public:
  static constexpr std::uint32_t kRemembered = 4096;

  /// The oldest is forgotten when there are too many. Without memory nothing is remembered.
  void note(const Key& key, const Freed& freed) noexcept;
  /// The key was handed out again.
  void forget(const Key& key) noexcept;
  [[nodiscard]] const Freed* find(const Key& key) noexcept;
  [[nodiscard]] std::uint64_t own_bytes() const noexcept;
  void clear() noexcept;

 private:
  struct Entry {
    Key key;
    std::uint32_t used;
    Freed freed;
  };
  Entry* ring_{};
  std::uint32_t next_{};
  KeyTable<std::uint32_t, 2 * kRemembered> by_key_{};  ///< to its place in the ring
};

}  // namespace weir::ledger
