// How sure the estimates of sampled mode are.
#include <algorithm>

#include "tool/profile/tables.hpp"

namespace weir::tool {

using profile::ChunkKind;
using profile::SampleRecord;

namespace {

bool plausible(const SampleRecord& s) noexcept {
  return honest(s.allocated_samples) && honest(s.freed_samples) &&
         honest_variance(s.allocated_blocks_variance) && honest_variance(s.allocated_bytes_variance) &&
         honest_variance(s.freed_blocks_variance) && honest_variance(s.freed_bytes_variance) &&
         honest_variance(s.temporary_blocks_variance) && std::abs(s.highest_live_variance) <= 0x1p120 &&
         std::abs(s.at_peak_variance) <= 0x1p120;
}

/// Of what is allocated and not freed; nothing at all is known for certain.
double live(double allocated, double freed, bool any) { return any ? std::max(0.0, allocated - freed) : 0; }

void add(Site& site, const SampleRecord& s, bool peak_was_noted) {
  const bool any = s.allocated_samples != s.freed_samples;
  site.counts.spread = {
      .allocated_blocks = s.allocated_blocks_variance,
      .allocated_bytes = s.allocated_bytes_variance,
      .freed_blocks = s.freed_blocks_variance,
      .freed_bytes = s.freed_bytes_variance,
      .temporary_blocks = s.temporary_blocks_variance,
      .live_blocks = live(s.allocated_blocks_variance, s.freed_blocks_variance, any),
      .live_bytes = live(s.allocated_bytes_variance, s.freed_bytes_variance, any),
  };
  site.peak_variance = std::max(0.0, s.highest_live_variance);
  site.at_peak_variance = peak_was_noted ? std::max(0.0, s.at_peak_variance) : site.counts.spread.live_bytes;
}

/// Sites whose `at_peak` was noted at the newest peak, and not later.
std::vector<bool> noted_peaks(const Chunks& chunks, const profile::Header& header, std::size_t sites) {
  std::vector<bool> out(sites);
  for (const Piece& piece : chunks.of(ChunkKind::Counters))
    for (std::size_t i = 0; i != piece.count<profile::CounterRecord>(); ++i) {
      const std::size_t id = piece.index * std::size_t{profile::kCountersPerChunk} + i;
      if (id < sites && piece.record<profile::CounterRecord>(i).peak_number == header.peak_number[0])
        out[id] = true;
    }
  return out;
}

}  // namespace

void sum_spreads(const Chunks& chunks, const profile::Header& header, Profile& out, Damage& damage) {
  const std::vector<bool> noted = noted_peaks(chunks, header, out.sites.size());
  for (const Piece& piece : chunks.of(ChunkKind::Samples)) {
    const std::size_t first = piece.index * std::size_t{profile::kSamplesPerChunk};
    for (std::size_t i = 0; i != piece.count<SampleRecord>(); ++i) {
      const auto s = piece.record<SampleRecord>(i);
      const std::size_t id = first + i;
      if (s.allocated_samples == 0 && s.freed_samples == 0) continue;
      if (id >= out.sites.size() || !out.sites[id].exists) continue;  // sum_counters() has said so
      if (!plausible(s)) {
        damage.note("impossible errors of a call site were left out");
        continue;
      }
      add(out.sites[id], s, noted[id]);
      if (out.sites[id].inherited) continue;
      out.samples += s.allocated_samples;
      out.live_samples += s.allocated_samples - std::min(s.allocated_samples, s.freed_samples);
    }
  }
}

}  // namespace weir::tool
