// Verdicts in a merged profile, read and written.
#include <algorithm>

#include "tool/profile/merged_tables.hpp"

namespace weir::tool {
namespace {

using merged::Table;

constexpr std::uint32_t kMostTimes = 1U << 31;
constexpr auto kFirst = static_cast<std::uint32_t>(profile::FixedSite::First);

std::uint64_t Scan::*const kSums[] = {&Scan::took_ns,           &Scan::blocks,           &Scan::slabs,
                                      &Scan::empty_slabs,       &Scan::empty_slab_bytes, &Scan::root_bytes,
                                      &Scan::root_mappings,     &Scan::shared_mappings,  &Scan::threads,
                                      &Scan::without_registers, &Scan::whole_stacks,     &Scan::cuda_blocks,
                                      &Scan::cuda_unread,       &Scan::cuda_handles,     &Scan::cuda_graphs,
                                      &Scan::cuda_registered};
std::uint64_t merged::ScanRecord::*const kFields[] = {&merged::ScanRecord::took_ns,
                                                      &merged::ScanRecord::blocks,
                                                      &merged::ScanRecord::slabs,
                                                      &merged::ScanRecord::empty_slabs,
                                                      &merged::ScanRecord::empty_slab_bytes,
                                                      &merged::ScanRecord::root_bytes,
                                                      &merged::ScanRecord::root_mappings,
                                                      &merged::ScanRecord::shared_mappings,
                                                      &merged::ScanRecord::threads,
                                                      &merged::ScanRecord::without_registers,
                                                      &merged::ScanRecord::whole_stacks,
                                                      &merged::ScanRecord::cuda_blocks,
                                                      &merged::ScanRecord::cuda_unread,
                                                      &merged::ScanRecord::cuda_handles,
                                                      &merged::ScanRecord::cuda_graphs,
                                                      &merged::ScanRecord::cuda_registered};
static_assert(std::size(kSums) == std::size(kFields));

}  // namespace

void read_merged_scan(MergedTables& tables, Profile& out) {
  const auto records = tables.of<merged::ScanRecord>(Table::Scan);
  if (records.empty()) return;
  Scan scan;
  for (std::size_t i = 0; i != Scan::kResults; ++i)
    scan.results[i] = std::min(records[0].results[i], kMostTimes);
  for (std::size_t i = 0; i != std::size(kSums); ++i) {
    if (!honest(records[0].*kFields[i]))
      return tables.damage().note("the facts on the looks through the heap are impossible and were left out");
    scan.*kSums[i] = records[0].*kFields[i];
  }
  if (const auto failed = tables.of<merged::FailedLooksRecord>(Table::FailedLooks); !failed.empty()) {
    scan.on_request = std::min(failed[0].on_request, kMostTimes);
    for (std::size_t i = 0; i != Scan::kResults; ++i)
      scan.failed_later[i] = std::min(failed[0].times[i], kMostTimes);
  }
  for (const auto& r : tables.of<profile::SizeClassRecord>(Table::WalkedClasses))
    if (plausible(r))
      scan.classes.push_back(r);
    else
      tables.damage().note("an impossible size class was left out");
  put_in_order(scan.classes);
  out.scan = scan;
  if (!scan.has_verdicts()) return;
  for (const auto& r : tables.of<merged::VerdictRecord>(Table::Verdicts)) {
    if (r.site < kFirst || r.site >= out.sites.size() || !out.sites[r.site].exists || !plausible(r.record))
      tables.damage().note("verdicts on a call site make no sense and were left out");
    else
      out.sites[r.site].verdict = verdict_of(r.record, out.sites[r.site].counts);
  }
}

std::optional<merged::ScanRecord> scan_record(const Profile& profile) {
  if (!profile.scan) return std::nullopt;
  merged::ScanRecord out{};
  std::copy(std::begin(profile.scan->results), std::end(profile.scan->results), out.results);
  for (std::size_t i = 0; i != std::size(kSums); ++i) out.*kFields[i] = *profile.scan.*kSums[i];
  return out;
}

std::optional<merged::FailedLooksRecord> failed_looks_record(const Profile& profile) {
  if (!profile.scan || (profile.scan->on_request == 0 && profile.scan->times_failed_later() == 0))
    return std::nullopt;
  merged::FailedLooksRecord out{};
  out.on_request = profile.scan->on_request;
  std::copy(std::begin(profile.scan->failed_later), std::end(profile.scan->failed_later), out.times);
  return out;
}

std::vector<merged::VerdictRecord> verdict_records(const Profile& profile) {
  std::vector<merged::VerdictRecord> out;
  for (std::uint32_t i = kFirst; i < profile.sites.size(); ++i) {
    const Judgement& v = profile.sites[i].verdict;
    if (v.is_empty()) continue;
    out.push_back({.site = i,
                   .reserved = 0,
                   .record = {.lost_blocks = v.direct.blocks,
                              .lost_bytes = v.direct.bytes,
                              .indirect_blocks = v.indirect.blocks,
                              .indirect_bytes = v.indirect.bytes,
                              .reachable_blocks = v.reachable.blocks,
                              .reachable_bytes = v.reachable.bytes,
                              .slabs = v.slabs,
                              .sole_bytes = v.sole_bytes,
                              .pinned_bytes = v.pinned_bytes,
                              .example = v.example,
                              .slab_bytes = v.slab_bytes,
                              .slab_live_bytes = v.slab_live_bytes,
                              .small_bytes = v.small_bytes,
                              .reserved = {}}});
  }
  return out;
}

}  // namespace weir::tool
