// Which live blocks are lost, and which hold slabs: the look through the heap, and its verdicts by site.
#include <algorithm>

#include "tool/profile/tables.hpp"

namespace weir::tool {

using profile::ChunkKind;
using profile::ScanRecord;
using profile::ScanResult;
using profile::SizeClassRecord;
using profile::VerdictRecord;

namespace {

bool makes_sense(const ScanRecord& r) noexcept {
  if (static_cast<std::size_t>(r.result) >= Scan::kResults) return false;
  for (const std::uint64_t n :
       {r.took_ns, r.at_ns, r.blocks, r.slabs, r.empty_slabs, r.empty_slab_bytes, r.root_bytes, r.cuda_blocks,
        r.cuda_unread, r.cuda_handles, r.cuda_graphs, r.cuda_registered})
    if (!honest(n)) return false;
  return r.without_registers <= r.threads && r.whole_stacks <= r.threads;
}

bool is_empty(const VerdictRecord& r) noexcept {
  return (r.lost_blocks | r.indirect_blocks | r.reachable_blocks) == 0;
}

/// No more than what is left, which then is less by it. Without blocks there are no bytes.
Judgement::Amount take(std::uint64_t blocks, std::uint64_t bytes, Judgement::Amount& left) noexcept {
  Judgement::Amount out{std::min(blocks, left.blocks), std::min(bytes, left.bytes)};
  if (out.blocks == 0) out.bytes = 0;
  left.blocks -= out.blocks;
  left.bytes -= out.bytes;
  return out;
}

void read_verdicts(const Chunks& chunks, Profile& out, Damage& damage) {
  constexpr auto kFirst = static_cast<std::size_t>(profile::FixedSite::First);
  for (const Piece& piece : chunks.of(ChunkKind::Verdicts)) {
    const std::size_t first = piece.index * std::size_t{profile::kVerdictsPerChunk};
    for (std::size_t i = 0; i != piece.count<VerdictRecord>(); ++i) {
      const auto record = piece.record<VerdictRecord>(i);
      const std::size_t id = first + i;
      if (is_empty(record) || id < kFirst) continue;
      if (id >= out.sites.size() || !out.sites[id].exists)
        damage.note("verdicts on a missing call site were left out");
      else if (!plausible(record))
        damage.note("impossible verdicts on a call site were left out");
      else
        out.sites[id].verdict = verdict_of(record, out.sites[id].counts);
    }
  }
}

void read_failed(const profile::FailedLooks& record, Scan& out, Damage& damage) {
  constexpr std::uint32_t kMost = 1U << 31;
  if (!honest(record.last_ns))
    return damage.note("the facts on looks that failed are impossible and were left out");
  out.last_failed_ns = record.last_ns;
  for (std::size_t i = 0; i != Scan::kResults; ++i) out.failed_later[i] = std::min(record.times[i], kMost);
}

void read_classes(const profile::Header& header, Scan& out, Damage& damage) {
  for (const SizeClassRecord& record : header.walked_classes) {
    if (record.capacity_blocks == 0) continue;
    if (plausible(record))
      out.classes.push_back(record);
    else
      damage.note("an impossible size class was left out");
  }
  put_in_order(out.classes);
}

}  // namespace

void put_in_order(std::vector<SizeClassRecord>& classes) {
  std::stable_sort(classes.begin(), classes.end(),
                   [](const auto& a, const auto& b) { return a.bytes < b.bytes; });
  classes.erase(std::unique(classes.begin(), classes.end(),
                            [](const auto& a, const auto& b) { return a.bytes == b.bytes; }),
                classes.end());
}

bool plausible(const VerdictRecord& r) noexcept {
  for (const std::uint64_t n : {r.lost_blocks, r.lost_bytes, r.indirect_blocks, r.indirect_bytes,
                                r.reachable_blocks, r.reachable_bytes, r.slabs, r.sole_bytes, r.pinned_bytes,
                                r.slab_bytes, r.slab_live_bytes, r.small_bytes})
    if (!honest(n)) return false;
  return r.slab_live_bytes <= r.slab_bytes && r.small_bytes <= r.slab_live_bytes;
}

Judgement verdict_of(const VerdictRecord& record, const Counts& live) noexcept {
  Judgement out;
  Judgement::Amount left{live.live_blocks, live.live_bytes};
  out.direct = take(record.lost_blocks, record.lost_bytes, left);
  out.indirect = take(record.indirect_blocks, record.indirect_bytes, left);
  out.reachable = take(record.reachable_blocks, record.reachable_bytes, left);
  // Blocks that were freed since, and others in their place, of other sizes.
  if (left.blocks == 0 && out.reachable.blocks != 0) out.reachable.bytes += left.bytes;
  out.slabs = record.slabs;
  out.slab_bytes = record.slab_bytes;
  out.slab_live_bytes = record.slab_live_bytes;
  out.small_bytes = record.small_bytes;
  out.sole_bytes = record.sole_bytes;
  out.pinned_bytes = record.pinned_bytes;
  out.example = record.example;
  return out;
}

void read_scan(const profile::Header& header, const Chunks& chunks, Profile& out, Damage& damage) {
  const ScanRecord& record = header.scan;
  if (record.result == ScanResult::None) return;  // it was never finished
  if (!makes_sense(record))
    return damage.note("the facts on the look through the heap are impossible and were left out");
  Scan scan{.results = {},
            .took_ns = record.took_ns,
            .blocks = record.blocks,
            .slabs = record.slabs,
            .empty_slabs = record.empty_slabs,
            .empty_slab_bytes = record.empty_slab_bytes,
            .root_bytes = record.root_bytes,
            .root_mappings = record.root_mappings,
            .shared_mappings = record.shared_mappings,
            .threads = record.threads,
            .without_registers = record.without_registers,
            .whole_stacks = record.whole_stacks,
            .cuda_blocks = record.cuda_blocks,
            .cuda_unread = record.cuda_unread,
            .cuda_handles = record.cuda_handles,
            .cuda_graphs = record.cuda_graphs,
            .cuda_registered = record.cuda_registered,
            .at_ns = record.at_ns,
            .looks = record.looks,
            .last_failed_ns = 0,
            .on_request = 0,
            .failed_later = {},
            .classes = {}};
  scan.results[static_cast<std::size_t>(record.result)] = 1;
  if (scan.has_verdicts()) {
    scan.on_request = record.looks != 0 ? 1 : 0;
    read_failed(header.failed_looks, scan, damage);
    read_verdicts(chunks, out, damage);
    read_classes(header, scan, damage);
  }
  out.scan = scan;
}

}  // namespace weir::tool
