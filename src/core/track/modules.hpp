// The executable files that frames lie in, in the profile's module table.
//
// A module is listed when the first frame in it is seen. When the program closes libraries their entries are retired:
// another library at the same addresses becomes an entry of its own. The same library back at its old place is its old
// entry again, so that a plugin that comes and goes does not fill the table.
#pragma once

#include <cstdint>
#include <span>

#include "core/base/path_frame.hpp"
#include "core/base/tally.hpp"
#include "core/platform/platform.hpp"
#include "core/profile/profile.hpp"

namespace weir::track {

class Modules {
 public:
  /// Index of the module that `pc` lies in; 0: none that the loader knows (JIT code), or no room.
  /// Lock-free for a module that is listed; for a new one asks the loader and the file system, and takes a lock.
  [[nodiscard]] std::uint32_t find(profile::Map& map, std::uintptr_t pc) noexcept;

  /// The same for each return address of a stack: the module of the call before it.
  void find_all(profile::Map& map, std::span<PathFrame> path) noexcept;

  /// After dlclose: entries whose addresses the loader no longer maps to the same module are retired. False: there are
  /// none.
  [[nodiscard]] bool retire_unmapped(profile::Map& map) noexcept;

  /// The entry with an index that find() gave; null: 0.
  [[nodiscard]] const profile::ModuleRecord* at(std::uint32_t index) noexcept {
    return index == 0 ? nullptr : record(index);
  }

  [[nodiscard]] platform::Lock& lock() noexcept { return lock_; }

 private:
  static constexpr std::uint32_t kMaxChunks = 256;

  /// Where a module lies. `bytes` 0: it is retired.
  struct Range {
    std::uintptr_t begin, bytes;
  };

  [[nodiscard]] profile::ModuleRecord* record(std::uint32_t index) noexcept;
  [[nodiscard]] bool holds(std::uint32_t index, std::uintptr_t pc) const noexcept {
    return pc - load_relaxed(ranges_[index].begin) < load_relaxed(ranges_[index].bytes);
  }
  [[nodiscard]] std::uint32_t lookup(std::uintptr_t pc) noexcept;
  [[nodiscard]] std::uint32_t revive(const profile::ModuleRecord& found) noexcept;
  [[nodiscard]] std::uint32_t add(profile::Map& map, const profile::ModuleRecord& found) noexcept;

  platform::Lock lock_{};  ///< of those who write
  std::uint32_t count_{};  ///< entries, with the unused entry 0; 0: none yet
  std::uint32_t last_hit_{};
  profile::ModuleRecord* chunks_[kMaxChunks]{};
  Range ranges_[kMaxChunks * profile::kModulesPerChunk]{};
};

}  // namespace weir::track
