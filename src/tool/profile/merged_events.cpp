// The tables of a merged profile that profiles have, too: checked by the same rules.
#include <algorithm>

#include "tool/profile/merged_tables.hpp"

namespace weir::tool {

using merged::Table;

namespace {

void read_timeline(MergedTables& tables, Profile& out) {
  for (const auto& point : tables.of<profile::TimelineRecord>(Table::Timeline))
    if (plausible(point) && (out.timeline.empty() || out.timeline.back().at_ns < point.at_ns))
      out.timeline.push_back(point);
    else
      tables.damage().note("an impossible point of the timeline was left out");
}

void read_errors(MergedTables& tables, Profile& out) {
  for (auto record : tables.of<profile::ErrorRecord>(Table::Errors)) {
    if (!plausible(record)) {
      tables.damage().note("a misuse of an unknown kind, or of memory of an unknown space, was left out");
      continue;
    }
    for (std::uint32_t* site : {&record.site, &record.allocated_site, &record.freed_site})
      *site = existing_site(*site, out, tables.damage());
    out.errors.push_back(record);
  }
}

void read_devices(MergedTables& tables, Profile& out) {
  for (auto& each : tables.of<merged::DeviceRecord>(Table::Devices))
    if (each.ordinal < profile::kMaxDevices && set_right(each.record))
      out.devices.push_back({.ordinal = each.ordinal,
                             .name = text_of(each.record.name),
                             .record = each.record,
                             .processes = each.processes});
    else
      tables.damage().note("a device makes no sense and was left out");
}

void read_releases(MergedTables& tables, Profile& out) {
  for (auto record : tables.of<profile::ReleaseRecord>(Table::Releases)) {
    if (!plausible(record)) {
      tables.damage().note("a release by the end of a context makes no sense and was left out");
      continue;
    }
    record.released_site = existing_site(record.released_site, out, tables.damage());
    record.site = existing_site(record.site, out, tables.damage());
    if (record.site != 0) out.releases.push_back(record);
  }
}

void read_pools(MergedTables& tables, Profile& out) {
  constexpr std::size_t kNone = ~std::size_t{0};
  std::vector<std::size_t> places;  ///< by number in the file
  for (auto& each : tables.of<merged::PoolRecord>(Table::Pools)) {
    const std::size_t number = each.record.space == Space::Pinned ? 0 : std::size_t{1} + each.record.device;
    const bool is_sane = set_right(each.record, number);
    if (!is_sane) tables.damage().note("a pool makes no sense and was left out");
    places.push_back(is_sane ? out.pools.size() : kNone);
    if (is_sane) out.pools.push_back({.record = each.record, .classes = {}, .processes = each.processes});
  }
  for (auto& each : tables.of<merged::PoolClassRecord>(Table::PoolClasses))
    if (each.pool < places.size() && places[each.pool] != kNone && set_right(each.record))
      out.pools[places[each.pool]].classes.push_back(each.record);
    else
      tables.damage().note("an impossible size class of a pool was left out");
}

}  // namespace

void read_merged_events(MergedTables& tables, Profile& out) {
  read_timeline(tables, out);
  read_errors(tables, out);
  read_devices(tables, out);
  read_releases(tables, out);
  read_pools(tables, out);
  for (auto record : tables.of<profile::OutOfMemoryRecord>(Table::OutOfMemory)) {
    if (!plausible(record)) {
      tables.damage().note("a moment when memory ran out makes no sense and was left out");
      continue;
    }
    keep_existing_sites(record, out, tables.damage());
    out.out_of_memory.push_back(record);
  }
}

}  // namespace weir::tool
