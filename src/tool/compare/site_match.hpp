// Which call sites of two profiles are the same one, be it that the program was built anew between them.
//
// A site is known by its kind of memory and its frames, and a frame by its function and its file's name. Lines, offsets, arguments
// of functions, what a compiler appends to names, versions behind ".so", direct recursion's depth and the C library's start-up
// code do not count. A frame without a name is known by its offset where both profiles ran the same file (build id), else by
// its file alone. Where both profiles tell of one program each, its file is "the program", whatever its name.
// Sites that cannot be told apart so are one group: it is their sums that can be compared.
#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "tool/symbolize/symbolize.hpp"

namespace weir::tool {

/// A profile, names for the stacks of `sites`, and the sites of it that are compared.
struct SiteSide {
  const Profile& profile;
  const Symbols& symbols;
  std::span<const std::uint32_t> sites;
};

/// Texts that are equal for sites of the two profiles that are the same.
class SiteKeys {
 public:
  SiteKeys(const Profile& one, const Profile& other);

  /// Of a site of either profile; its stack must have been named.
  [[nodiscard]] std::string key(const Profile& profile, const Symbols& symbols, std::uint32_t site) const;

 private:
  [[nodiscard]] std::string frame_key(const Frame& frame, const std::string& program) const;

  bool is_one_program_each_;
  std::set<std::string> same_files_;  ///< names of files that are the same in both profiles, to the byte
};

/// Sites that are the same; `before` or `after` may be empty.
struct SiteGroup {
  std::string key;
  std::vector<std::uint32_t> before, after;
};

/// Every site of both sides in one group, in the order in which they come in `after`, then in `before`.
[[nodiscard]] std::vector<SiteGroup> match_sites(const SiteSide& before, const SiteSide& after);

/// What of a function's name outlives a new build: without arguments and without what compilers append.
[[nodiscard]] std::string lasting_name(std::string_view function);

}  // namespace weir::tool
