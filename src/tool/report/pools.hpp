// weir's own pools of device and pinned memory: what they held, what they saved, and what could be better.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tool/report/context.hpp"

namespace weir::tool {

/// What follows from a pool's numbers. Bytes are what the driver granted, unless the name says otherwise.
struct PoolFacts {
  std::uint64_t reserved = 0;      ///< live + idle + pending
  std::uint64_t internal = 0;      ///< of live blocks: granted less requested
  std::uint64_t external = 0;      ///< reserved less live
  std::uint64_t largest_idle = 0;  ///< to within an eighth: at least so large
  std::uint64_t requests = 0;      ///< hits + misses
  std::uint64_t allocs_kept = 0;   ///< requests that did not call the driver
  std::uint64_t frees_kept = 0;    ///< frees that called the driver neither then nor later
  std::uint64_t driver_calls_saved = 0;
  std::uint64_t fence_ns = 0;
  /// Computed, not measured: how often the driver was not called, times the mean of those of its own calls that were.
  /// None: there were none to take the mean of.
  std::optional<std::uint64_t> alloc_ns_saved, free_ns_saved;
  std::optional<std::uint64_t> ns_saved;  ///< both, less what fences took
  /// Bytes that the driver granted again after they had been given back, at least: more came and went than was ever held.
  std::uint64_t regranted = 0;
};
[[nodiscard]] PoolFacts pool_facts(const Pool& pool);

/// Did anything pass through it?
[[nodiscard]] bool was_used(const Pool& pool);

/// One sentence each; only what the numbers bear out. The thresholds are in docs/pools.md.
[[nodiscard]] std::vector<std::string> pool_advice(const Pool& pool, std::uint64_t duration_ns);

/// Live sites of a space, on one device, most bytes first, `most` of them.
[[nodiscard]] std::vector<std::uint32_t> holders_of(const Profile& profile, Space space, unsigned device,
                                                    std::size_t most);

/// Puts null, or the pool as an object; `pool` may be null.
void put_pool(Sink& sink, std::string_view name, const Pool* pool, const Context& context);
void put_holders(Sink& sink, const Context& context, Space space, unsigned device);
/// `whose`: "Device 0", "Pinned memory".
void pool_text(const Pool& pool, const std::string& whose, const Context& context, Section& out);
/// For the summary: half a line on all pools; empty: none was used.
[[nodiscard]] std::string pools_in_short(const Profile& profile);

/// Why this request could not be served, as far as the numbers tell.
[[nodiscard]] std::string out_of_memory_verdict(const profile::OutOfMemoryRecord& record);
/// "3.00 GiB of memory of device 0".
[[nodiscard]] std::string asked_words(const profile::OutOfMemoryRecord& record);

}  // namespace weir::tool
