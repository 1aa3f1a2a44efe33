// Timeline, allocator statistics and misuses: the tables nobody points into.
#include <algorithm>

#include "tool/profile/tables.hpp"

namespace weir::tool {

using profile::ChunkKind;

bool plausible(const profile::TimelineRecord& point) noexcept {
  return honest(point.at_ns) && honest(point.device_reserved) && honest(point.resident) &&
         honest_variance(point.host_live_variance) &&
         std::all_of(std::begin(point.live), std::end(point.live), [](std::int64_t n) { return honest(n); });
}

bool plausible(const profile::SizeClassRecord& c) noexcept {
  std::uint64_t bytes;
  return honest(c.bytes) && honest(c.live_blocks) && honest(c.slab_bytes) &&
         c.live_blocks <= c.capacity_blocks && !__builtin_mul_overflow(c.capacity_blocks, c.bytes, &bytes) &&
         honest(bytes) && !__builtin_mul_overflow(c.slabs, c.slab_bytes, &bytes) && honest(bytes);
}

bool plausible(const profile::ErrorRecord& record) noexcept {
  return record.kind != profile::ErrorKind::None && record.kind <= profile::ErrorKind::MismatchedFree &&
         static_cast<std::uint32_t>(record.space) < profile::kSpacesAndImported;
}

void read_timeline(const Chunks& chunks, const profile::Header& header, Profile& out, Damage& damage) {
  for (const Piece& piece : chunks.of(ChunkKind::Timeline)) {
    if (piece.index != 0) continue;
    const std::size_t points =
        std::min<std::size_t>(piece.count<profile::TimelineRecord>(), header.timeline_count);
    for (std::size_t i = 0; i != points; ++i) {
      const auto point = piece.record<profile::TimelineRecord>(i);
      if (point.at_ns == 0 && i > 0) continue;
      if (plausible(point))
        out.timeline.push_back(point);
      else
        damage.note("an impossible point of the timeline was left out");
    }
  }
  const auto earlier = [](const auto& a, const auto& b) { return a.at_ns < b.at_ns; };
  const auto same = [](const auto& a, const auto& b) { return a.at_ns == b.at_ns; };
  std::stable_sort(out.timeline.begin(), out.timeline.end(), earlier);
  out.timeline.erase(std::unique(out.timeline.begin(), out.timeline.end(), same), out.timeline.end());
}

void read_host_stats(const Chunks& chunks, const profile::Header& header, Profile& out, Damage& damage) {
  if (header.host_stats_take == 0) return;
  for (const Piece& piece : chunks.of(ChunkKind::HostStats)) {
    if (piece.index != (header.host_stats_take - 1) % 2 || piece.count<profile::HostStatsRecord>() == 0)
      continue;
    const auto record = piece.record<profile::HostStatsRecord>(0);
    HostStats stats{
        .at_ns = record.at_ns,
        .allocated = record.allocated,
        .active = record.active,
        .resident = record.resident,
        .retained = record.retained,
        .mapped = record.mapped,
        .metadata = record.metadata,
        .cached_bytes = record.cached_bytes,
        .requested = record.requested,
        .requested_variance = honest_variance(record.requested_variance) ? record.requested_variance : 0,
        .classes = {}};
    for (const std::uint64_t n : {stats.at_ns, stats.allocated, stats.active, stats.resident, stats.retained,
                                  stats.mapped, stats.metadata, stats.cached_bytes, stats.requested}) {
      if (honest(n)) continue;
      damage.note("the allocator's statistics are impossible and were left out");
      return;
    }
    if (record.class_count > profile::kMaxSizeClasses) damage.note("there are too many size classes");
    for (std::size_t i = 0; i != std::min<std::uint64_t>(record.class_count, profile::kMaxSizeClasses); ++i) {
      const profile::SizeClassRecord& c = record.classes[i];
      if (c.live_blocks == 0 && c.slabs == 0) continue;
      if (plausible(c))
        stats.classes.push_back(c);
      else
        damage.note("an impossible size class was left out");
    }
    out.host_stats = std::move(stats);
  }
}

void read_errors(const Chunks& chunks, Profile& out, Damage& damage) {
  for (const Piece& piece : chunks.of(ChunkKind::Errors)) {
    if (piece.index != 0) continue;
    for (std::size_t i = 0; i != piece.count<profile::ErrorRecord>(); ++i) {
      auto record = piece.record<profile::ErrorRecord>(i);
      if (record.ready == 0) continue;
      if (!plausible(record)) {
        damage.note("a misuse of an unknown kind, or of memory of an unknown space, was left out");
        continue;
      }
      for (std::uint32_t* site : {&record.site, &record.allocated_site, &record.freed_site})
        *site = existing_site(*site, out, damage);
      out.errors.push_back(record);
    }
  }
}

}  // namespace weir::tool
