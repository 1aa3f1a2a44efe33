// What was seen of CUDA beside its blocks.
#include <algorithm>

#include "tool/profile/tables.hpp"

namespace weir::tool {

using profile::ChunkKind;
using profile::DeviceRecord;

namespace {

bool all_honest(const profile::DeviceLook& look) noexcept {
  return honest(look.at_ns) && honest(look.used) && honest(look.tracked) && honest(look.ordered) &&
         honest(look.pools_reserved);
}

bool all_honest(const DeviceRecord& d) noexcept {
  return honest(d.total) && honest(d.live) && honest(d.peak) && honest(d.peak_at_ns) &&
         honest(d.managed_live) && honest(d.managed_peak) && honest(d.ordered_live) &&
         honest(d.pools_reserved) && honest(d.pools_used) && honest(d.pools_at_ns) && honest(d.looks) &&
         honest(d.looks_took_ns) && honest(d.extra_first) && honest(d.extra_last) &&
         honest(d.extra_highest) && all_honest(d.first) && all_honest(d.last) && all_honest(d.highest);
}

/// A process that lives, or was killed, may stand between two words.
void never_negative(DeviceRecord& d) noexcept {
  for (std::int64_t* bytes : {&d.live, &d.peak, &d.managed_live, &d.managed_peak, &d.ordered_live})
    *bytes = std::max<std::int64_t>(*bytes, 0);
  d.peak = std::max(d.peak, d.live);
  d.managed_peak = std::max(d.managed_peak, d.managed_live);
  d.ordered_live = std::min(d.ordered_live, d.live);
  for (profile::DeviceLook* look : {&d.first, &d.last, &d.highest})
    look->ordered = std::min(look->ordered, look->tracked);
}

}  // namespace

bool set_right(DeviceRecord& record) noexcept {
  if (record.ready != 1 || !all_honest(record)) return false;
  never_negative(record);
  return true;
}

bool plausible(const profile::ReleaseRecord& record) noexcept {
  const bool is_known =
      record.how > profile::ReleasedBy::None && record.how <= profile::ReleasedBy::ModuleUnloaded;
  return record.ready == 1 && is_known && honest(record.bytes) && honest(record.blocks) &&
         honest(record.first_ns) && honest(record.last_ns);
}

namespace {

void read_devices(const Chunks& chunks, Profile& out, Damage& damage) {
  for (const Piece& piece : chunks.of(ChunkKind::Devices))
    for (std::size_t i = 0; i != piece.count<DeviceRecord>(); ++i) {
      auto record = piece.record<DeviceRecord>(i);
      const std::size_t ordinal = piece.index * std::size_t{profile::kDevicesPerChunk} + i;
      if (record.ready == 0) continue;
      if (ordinal >= profile::kMaxDevices || !set_right(record)) {
        damage.note("a device makes no sense and was left out");
        continue;
      }
      out.devices.push_back(
          {.ordinal = static_cast<unsigned>(ordinal), .name = text_of(record.name), .record = record});
    }
}

void read_releases(const Chunks& chunks, Profile& out, Damage& damage) {
  for (const Piece& piece : chunks.of(ChunkKind::Releases))
    for (std::size_t i = 0; i != piece.count<profile::ReleaseRecord>(); ++i) {
      auto record = piece.record<profile::ReleaseRecord>(i);
      if (record.ready == 0) continue;
      if (!plausible(record)) {
        damage.note("a release by the end of a context makes no sense and was left out");
        continue;
      }
      record.released_site = existing_site(record.released_site, out, damage);
      record.site = existing_site(record.site, out, damage);
      if (record.site != 0) out.releases.push_back(record);
    }
}

void read_unhooked(const Chunks& chunks, Profile& out, Damage& damage) {
  for (const Piece& piece : chunks.of(ChunkKind::Unhooked))
    for (std::size_t i = 0; piece.index == 0 && i != piece.count<profile::UnhookedRecord>(); ++i) {
      const auto record = piece.record<profile::UnhookedRecord>(i);
      if (record.ready == 0) continue;
      if (record.ready == 1 && record.route < profile::kCudaRoutes && honest(record.times))
        out.unhooked.push_back({text_of(record.name), text_of(record.why), record.route, record.times});
      else
        damage.note("a function that was not hooked makes no sense and was left out");
    }
}

void read_deepbinds(const Chunks& chunks, Profile& out, Damage& damage) {
  for (const Piece& piece : chunks.of(ChunkKind::DeepbindOpens))
    for (std::size_t i = 0; piece.index == 0 && i != piece.count<profile::DeepbindRecord>(); ++i) {
      const auto record = piece.record<profile::DeepbindRecord>(i);
      if (record.ready == 0) continue;
      if (record.ready == 1 && honest(record.times))
        out.deepbinds.push_back({text_of(record.path), record.times});
      else
        damage.note("an opened library makes no sense and was left out");
    }
}

}  // namespace

std::uint32_t existing_site(std::uint32_t site, const Profile& profile, Damage& damage) {
  if (site == 0) return 0;
  if (site < profile.sites.size() && profile.sites[site].exists) return site;
  damage.note("a record points to a missing call site");
  return 0;
}

void read_cuda(const Chunks& chunks, const profile::Header& header, Profile& out, Damage& damage) {
  read_devices(chunks, out, damage);
  read_releases(chunks, out, damage);
  read_unhooked(chunks, out, damage);
  read_deepbinds(chunks, out, damage);
  for (std::size_t route = 0; route != profile::kCudaRoutes; ++route)
    if (honest(header.cuda_calls[route])) out.cuda_calls[route] = header.cuda_calls[route];
  out.cuda_driver_version = header.cuda_driver_version;
}

bool Profile::has_cuda() const noexcept {
  return !devices.empty() || cuda_driver_version != 0 ||
         std::any_of(std::begin(cuda_calls), std::end(cuda_calls), [](std::uint64_t n) { return n != 0; }) ||
         std::any_of(std::begin(spaces) + 1, std::end(spaces),
                     [](const SpaceTotals& space) { return space.counts.allocated_blocks != 0; });
}

}  // namespace weir::tool
