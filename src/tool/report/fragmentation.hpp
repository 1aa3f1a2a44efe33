// Where held memory is unused: the sums behind the fragmentation section, and their sentences.
#pragma once

#include <string>
#include <vector>

#include "tool/profile/profile.hpp"

namespace weir::tool {

/// All in bytes, of the moment when the allocator was asked. Each step from what the program asked for to what the
/// process holds is one kind of loss; they add up: requested + … = resident.
struct Held {
  std::uint64_t requested = 0;
  double requested_variance = 0;  ///< sampled mode; and of `rounding`
  std::uint64_t tags = 0;         ///< weir's own mark at each block's end
  std::uint64_t cached = 0;       ///< free, in thread caches
  std::uint64_t rounding = 0;     ///< internal fragmentation: to the next size class
  std::uint64_t slabs = 0;        ///< external fragmentation: free places in slabs that exist
  std::uint64_t dirty = 0;        ///< pages without blocks, not yet given back
  std::uint64_t tables = 0;       ///< the allocator's own books

  /// What could be less.
  [[nodiscard]] std::uint64_t unused() const { return cached + rounding + slabs + dirty; }
  /// What comes with recording and with an allocator at all.
  [[nodiscard]] std::uint64_t fixed() const { return tables + tags; }
};

struct ClassUse {
  profile::SizeClassRecord record;
  std::uint64_t unused_bytes;
  double utilization;  ///< 0 to 1
};

[[nodiscard]] Held held(const Profile& profile, const HostStats& stats);
/// In order of size: those of slabs as the looks through the heap saw them, where all processes took one; else, and those of
/// large blocks, as the allocator said, to which blocks in thread caches are in use.
[[nodiscard]] std::vector<ClassUse> class_use(const Profile& profile);
/// Whether class_use() is what the looks saw.
[[nodiscard]] bool are_classes_walked(const Profile& profile);
/// The same, most unused bytes first, those without any left out.
[[nodiscard]] std::vector<ClassUse> worst_classes(const Profile& profile);
/// The same in half a line, for the summary.
[[nodiscard]] std::string fragmentation_in_short(const Profile& profile, const HostStats& stats);
/// What a person should know, sentence by sentence.
[[nodiscard]] std::vector<std::string> fragmentation_sentences(const Profile& profile);

}  // namespace weir::tool
