// The tables beside the sites: records of the same thing become one, with sums.
#pragma once

#include <cstdint>

#include "tool/merge/stacks.hpp"
#include "tool/profile/profile.hpp"

namespace weir::tool {

/// Each adds what `from` has to `into`. Sites are looked up in `stacks`, where `from` has begun; times become later by `later_ns`.
void add_errors(Profile& into, const Profile& from, Stacks& stacks, std::uint64_t later_ns);
void add_devices(Profile& into, const Profile& from);
void add_releases(Profile& into, const Profile& from, Stacks& stacks, std::uint64_t later_ns);
void add_pools(Profile& into, const Profile& from);
void add_out_of_memory(Profile& into, const Profile& from, Stacks& stacks, std::uint64_t later_ns);
void add_host_stats(Profile& into, const Profile& from);
void add_scan(Profile& into, const Profile& from);
/// Modes, losses, routes, warnings.
void add_coverage(Profile& into, const Profile& from);
/// A line that `processes` of them say.
void add_warning(Profile& into, const std::string& line, std::uint32_t processes);

/// All times so much later: an earlier process has come.
void shift_times(Profile& into, std::uint64_t later_ns, std::uint32_t later_ms);

}  // namespace weir::tool
