// One function per table of the file: chunks in, checked containers out. Used by parse() only, in this order:
// each function relies on what those before it have filled.
#pragma once

#include "tool/profile/chunks.hpp"
#include "tool/profile/profile.hpp"

namespace weir::tool {

/// No honest count of bytes, blocks or nanoseconds is larger.
inline constexpr std::uint64_t kLargestHonest = std::uint64_t{1} << 60;
[[nodiscard]] constexpr bool honest(std::uint64_t n) noexcept { return n <= kLargestHonest; }
[[nodiscard]] constexpr bool honest(std::int64_t n) noexcept {
  return n <= static_cast<std::int64_t>(kLargestHonest) && n >= -static_cast<std::int64_t>(kLargestHonest);
}

/// No honest variance is larger: the square of the largest count.
[[nodiscard]] constexpr bool honest_variance(double v) noexcept { return v >= 0 && v <= 0x1p120; }

void read_process(const profile::Header& header, const std::string& path, Profile& out);
void read_modules(const Chunks& chunks, Profile& out, Damage& damage);
void read_nodes(const Chunks& chunks, Profile& out, Damage& damage);
void read_sites(const Chunks& chunks, const profile::Header& header, Profile& out, Damage& damage);
void sum_counters(const Chunks& chunks, const profile::Header& header, Profile& out, Damage& damage);
/// Sampled mode: how sure the sums are.
void sum_spreads(const Chunks& chunks, const profile::Header& header, Profile& out, Damage& damage);
void sum_spaces(const profile::Header& header, Profile& out, Damage& damage);
void read_timeline(const Chunks& chunks, const profile::Header& header, Profile& out, Damage& damage);
void read_host_stats(const Chunks& chunks, const profile::Header& header, Profile& out, Damage& damage);
void read_errors(const Chunks& chunks, Profile& out, Damage& damage);
void read_cuda(const Chunks& chunks, const profile::Header& header, Profile& out, Damage& damage);
void read_pools(const Chunks& chunks, Profile& out, Damage& damage);
void read_out_of_memory(const Chunks& chunks, Profile& out, Damage& damage);
void read_scan(const profile::Header& header, const Chunks& chunks, Profile& out, Damage& damage);

/// Whether a record makes sense by itself; what a process that lives, or was killed, leaves askew is set right.
[[nodiscard]] bool set_right(profile::DeviceRecord& record) noexcept;
[[nodiscard]] bool set_right(profile::PoolRecord& record, std::size_t number) noexcept;
[[nodiscard]] bool set_right(profile::PoolClassRecord& record) noexcept;
[[nodiscard]] bool plausible(const profile::ReleaseRecord& record) noexcept;
[[nodiscard]] bool plausible(const profile::TimelineRecord& point) noexcept;
[[nodiscard]] bool plausible(const profile::SizeClassRecord& record) noexcept;
/// By size, each once.
void put_in_order(std::vector<profile::SizeClassRecord>& classes);
[[nodiscard]] bool plausible(const profile::ErrorRecord& record) noexcept;
[[nodiscard]] bool plausible(const profile::VerdictRecord& record) noexcept;
/// A verdict of what the site has live, as far as it goes: what was judged and then freed was reachable.
[[nodiscard]] Judgement verdict_of(const profile::VerdictRecord& record, const Counts& live) noexcept;
[[nodiscard]] bool plausible(const profile::OutOfMemoryRecord& record) noexcept;
/// Leaves out what points to missing sites.
void keep_existing_sites(profile::OutOfMemoryRecord& record, const Profile& profile, Damage& damage);

/// A merged profile; `file` begins as one does.
[[nodiscard]] Profile parse_merged(std::span<const std::byte> file, const std::string& name);

/// A site number from a record: 0 if there is no such site, which is then noted as damage.
[[nodiscard]] std::uint32_t existing_site(std::uint32_t site, const Profile& profile, Damage& damage);

/// A text field: up to its first zero byte.
template <std::size_t N>
[[nodiscard]] std::string text_of(const char (&field)[N]) {
  return {field, ::strnlen(field, N)};
}

}  // namespace weir::tool
