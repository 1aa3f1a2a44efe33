// The sums: shards to sites, sites to spaces.
#include <algorithm>
#include <limits>

#include "tool/profile/tables.hpp"

namespace weir::tool {

using profile::ChunkKind;
using profile::CounterRecord;

namespace {

void add(std::uint64_t& sum, std::uint64_t more) noexcept {
  if (__builtin_add_overflow(sum, more, &sum)) sum = std::numeric_limits<std::uint64_t>::max();
}

void add(std::int64_t& sum, std::int64_t more) noexcept {
  if (__builtin_add_overflow(sum, more, &sum))
    sum = more < 0 ? std::numeric_limits<std::int64_t>::min() : std::numeric_limits<std::int64_t>::max();
}

std::uint64_t at_least_zero(std::int64_t n) noexcept { return n < 0 ? 0 : static_cast<std::uint64_t>(n); }
std::uint64_t minus(std::uint64_t a, std::uint64_t b) noexcept { return a > b ? a - b : 0; }

bool plausible(const CounterRecord& c) noexcept {
  return honest(c.allocated_blocks) && honest(c.allocated_bytes) && honest(c.freed_blocks) &&
         honest(c.freed_bytes) && honest(c.temporary_blocks) && honest(c.highest_live) && honest(c.at_peak);
}

bool empty(const CounterRecord& c) noexcept {
  return (c.allocated_blocks | c.allocated_bytes | c.freed_blocks | c.freed_bytes) == 0;
}

/// What the header says of a space's peak.
struct Peak {
  std::int64_t bytes;
  std::uint64_t error_bytes, number, at_ns;
};

Peak peak_of(const profile::Header& h, std::size_t space) noexcept {
  if (space == static_cast<std::size_t>(Space::Imported))
    return {h.imported_peak, 0, h.imported_peak_number, h.imported_peak_at_ns};
  return {h.peak_bytes[space], h.peak_error_bytes[space], h.peak_number[space], h.peak_at_ns[space]};
}

/// What the shards say that is not a plain sum.
struct Peaks {
  std::int64_t at_peak = 0;
  std::int64_t highest = 0;
  std::uint32_t shards = 0;
};

/// From units to whole blocks, one number after the other: what rounding one adds or takes, the next makes up for.
class Rounding {
 public:
  std::uint64_t operator()(std::uint64_t units) noexcept {
    const std::uint64_t before = whole(rest_), after = whole(rest_ + units);
    rest_ = (rest_ + units) % profile::kBlockUnits;
    return after - before;
  }

 private:
  static std::uint64_t whole(std::uint64_t units) noexcept {
    return (units + profile::kBlockUnits / 2) / profile::kBlockUnits;
  }
  std::uint64_t rest_ = 0;
};

/// Sums over sites stay right to half a block. What is live, or freed, in no unit is so in no block.
void round_blocks(std::vector<Site>& sites) noexcept {
  Rounding live, freed, temporary;
  for (Site& site : sites) {
    Counts& counts = site.counts;
    const std::uint64_t live_units = minus(counts.allocated_blocks, counts.freed_blocks);
    counts.freed_blocks = freed(counts.freed_blocks);
    counts.allocated_blocks = counts.freed_blocks + live(live_units);
    counts.temporary_blocks = temporary(counts.temporary_blocks);
  }
}

void count_live(Counts& counts) noexcept {
  counts.live_bytes = minus(counts.allocated_bytes, counts.freed_bytes);
  counts.live_blocks = minus(counts.allocated_blocks, counts.freed_blocks);
}

void finish(Site& site, const Peaks& peaks) noexcept {
  Counts& counts = site.counts;
  count_live(counts);
  counts.temporary_blocks = std::min(counts.temporary_blocks, counts.allocated_blocks);
  site.at_peak_bytes = std::min(at_least_zero(peaks.at_peak), counts.allocated_bytes);
  const std::uint64_t least = std::max(site.at_peak_bytes, counts.live_bytes);
  site.peak_bytes = std::max(std::min(at_least_zero(peaks.highest), counts.allocated_bytes), least);
  site.peak_error_bytes = peaks.shards > 1 ? site.peak_bytes - least : 0;
}

}  // namespace

void sum_spaces(const profile::Header& header, Profile& out, Damage& damage) {
  constexpr auto kFirst = static_cast<std::size_t>(profile::FixedSite::First);
  for (std::size_t id = kFirst; id < out.sites.size(); ++id) {
    const Site& site = out.sites[id];
    if (!site.exists) continue;
    SpaceTotals& space = out.spaces[static_cast<std::size_t>(site.space)];
    (site.inherited ? space.inherited : space.counts) += site.counts;
  }
  for (std::size_t i = 0; i != profile::kSpacesAndImported; ++i) {
    SpaceTotals& space = out.spaces[i];
    if (!out.is_sampled()) count_live(space.counts);
    const Peak peak = peak_of(header, i);
    const bool sane = honest(peak.bytes) && honest(peak.error_bytes);
    if (!sane) damage.note("the peak of a space is impossible and was left out");
    if (sane) space.peak_bytes = at_least_zero(peak.bytes);
    if (sane) space.peak_error_bytes = peak.error_bytes;
    if (sane && i == 0 && honest_variance(header.host_peak_variance))
      space.peak_variance = header.host_peak_variance;
    if (honest(peak.at_ns)) space.peak_at_ns = peak.at_ns;
    if (space.peak_bytes < space.counts.live_bytes) {
      space.peak_bytes = space.counts.live_bytes;
      space.peak_variance = space.counts.spread.live_bytes;
      // Now is the peak: core notes one only when it is left.
      for (Site& site : out.sites)
        if (static_cast<std::size_t>(site.space) == i && !site.inherited) {
          site.at_peak_bytes = site.counts.live_bytes;
          site.peak_bytes = std::max(site.peak_bytes, site.at_peak_bytes);
        }
    }
  }
}

Counts& Counts::operator+=(const Counts& other) noexcept {
  add(allocated_blocks, other.allocated_blocks);
  add(allocated_bytes, other.allocated_bytes);
  add(freed_blocks, other.freed_blocks);
  add(freed_bytes, other.freed_bytes);
  add(temporary_blocks, other.temporary_blocks);
  add(live_blocks, other.live_blocks);
  add(live_bytes, other.live_bytes);
  spread += other.spread;
  return *this;
}

Spread& Spread::operator+=(const Spread& other) noexcept {
  allocated_blocks += other.allocated_blocks;
  allocated_bytes += other.allocated_bytes;
  freed_blocks += other.freed_blocks;
  freed_bytes += other.freed_bytes;
  temporary_blocks += other.temporary_blocks;
  live_blocks += other.live_blocks;
  live_bytes += other.live_bytes;
  return *this;
}

void sum_counters(const Chunks& chunks, const profile::Header& header, Profile& out, Damage& damage) {
  std::vector<Peaks> peaks(out.sites.size());
  const auto sum = [&](const Piece& piece) {
    const std::size_t first = piece.index * std::size_t{profile::kCountersPerChunk};
    for (std::size_t i = 0; i != piece.count<CounterRecord>(); ++i) {
      const auto c = piece.record<CounterRecord>(i);
      if (empty(c)) continue;
      const std::size_t id = first + i;
      // A running process may have counted at a site that was published after its table was read.
      if (id >= out.sites.size() || !out.sites[id].exists) {
        if (out.process.ending != Ending::Running && out.process.ending != Ending::Unknown)
          damage.note("counts of a missing call site were left out");
        continue;
      }
      if (!plausible(c)) {
        damage.note("impossible counts of a call site were left out");
        continue;
      }
      Site& site = out.sites[id];
      site.counts += {.allocated_blocks = c.allocated_blocks,
                      .allocated_bytes = c.allocated_bytes,
                      .freed_blocks = c.freed_blocks,
                      .freed_bytes = c.freed_bytes,
                      .temporary_blocks = c.temporary_blocks};
      const bool reached = c.peak_number == peak_of(header, static_cast<std::size_t>(site.space)).number;
      const auto live =
          static_cast<std::int64_t>(c.allocated_bytes) - static_cast<std::int64_t>(c.freed_bytes);
      add(peaks[id].at_peak, reached ? c.at_peak : live);
      add(peaks[id].highest, std::max<std::int64_t>(c.highest_live, 0));
      ++peaks[id].shards;
    }
  };
  for (const ChunkKind kind : {ChunkKind::Counters, ChunkKind::CudaCounters})
    for (const Piece& piece : chunks.of(kind)) sum(piece);
  if (out.is_sampled()) round_blocks(out.sites);
  for (std::size_t id = 0; id != out.sites.size(); ++id) finish(out.sites[id], peaks[id]);
}

}  // namespace weir::tool
