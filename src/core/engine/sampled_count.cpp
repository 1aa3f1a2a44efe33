#include "core/engine/sampled_count.hpp"

#include "core/engine/sampled_draw.hpp"
#include "core/engine/state.hpp"

namespace weir::engine {
namespace {

using profile::CounterRecord;
using profile::SampleRecord;

constinit track::Table<SampleRecord, profile::ChunkKind::Samples> g_samples{};
constinit platform::Lock g_lock{};

struct Place {
  CounterRecord* counters;
  SampleRecord* samples;
};

Place in_tables(std::uint32_t site) noexcept {
  CounterRecord* counters = g_shards.make(g_map, *g_shards.shared(), site);
  SampleRecord* samples = counters == nullptr ? nullptr : g_samples.make(g_map, site);
  return samples == nullptr ? Place{} : Place{counters, samples};
}

/// Where `site` is counted; without room, at the unknown site.
Place place_for(std::uint32_t site) noexcept {
  const Place place = in_tables(site);
  if (place.samples != nullptr) return place;
  add_shared(losses().counters_dropped, 1);
  return in_tables(g_sites.unknown_site());
}

// The one writer of these words is whoever holds the lock; readers of the file see whole words.
void add(std::uint64_t& sum, std::uint64_t more) noexcept { store_relaxed(sum, sum + more); }

std::int64_t live_of(const CounterRecord& c) noexcept {
  return static_cast<std::int64_t>(c.allocated_bytes - c.freed_bytes);
}
// Floating point: in functions that are not inlined, see platform::FloatState.
[[gnu::noinline]] double live_variance_of(const SampleRecord& s) noexcept {
  return s.allocated_bytes_variance - s.freed_bytes_variance;
}
[[gnu::noinline]] void add(double& sum, double more) noexcept { sum += more; }
[[gnu::noinline]] void subtract(double& sum, double less) noexcept {
  sum -= less;
  if (sum < 0) sum = 0;  // rounding
}

/// The first change of a site after a new peak: what was live until now was live at the peak.
void remember_peak(const Place& at) noexcept {
  const std::uint64_t peak = *g_peak_number;
  if (at.counters->peak_number == peak) return;
  at.counters->at_peak = live_of(*at.counters);
  at.samples->at_peak_variance = live_variance_of(*at.samples);
  at.counters->peak_number = peak;
}

void grow_live(const track::Weight& weight) noexcept {
  profile::Header& h = header();
  const std::int64_t live = h.flushed_live[kHost] + static_cast<std::int64_t>(weight.bytes);
  store_relaxed(h.flushed_live[kHost], live);
  add(h.host_live_variance, weight.bytes_variance);
  if (live <= h.peak_bytes[kHost]) return;
  store_relaxed(h.peak_bytes[kHost], live);
  h.host_peak_variance = h.host_live_variance;
  add(h.peak_number[kHost], 1);
  store_relaxed(h.peak_at_ns[kHost], load_relaxed(h.last_seen_ns));
}

void shrink_live(const track::Weight& weight) noexcept {
  profile::Header& h = header();
  store_relaxed(h.flushed_live[kHost], h.flushed_live[kHost] - static_cast<std::int64_t>(weight.bytes));
  subtract(h.host_live_variance, weight.bytes_variance);
}

}  // namespace

bool begin_sampled_counts() noexcept { return g_samples.begin(g_map.max_chunks()); }

void count_sampled_alloc(std::uint32_t site, std::size_t bytes) noexcept {
  const track::Weight weight = g_sampler.weight(bytes);
  const platform::FloatState ours;
  const platform::Holding hold{g_lock};
  const Place at = place_for(site);
  if (at.samples == nullptr) return;
  CounterRecord& c = *at.counters;
  SampleRecord& s = *at.samples;
  remember_peak(at);
  add(c.allocated_blocks, weight.blocks);
  add(c.allocated_bytes, weight.bytes);
  add(s.allocated_samples, 1);
  add(s.allocated_blocks_variance, weight.blocks_variance);
  add(s.allocated_bytes_variance, weight.bytes_variance);
  if (live_of(c) > c.highest_live) {
    store_relaxed(c.highest_live, live_of(c));
    s.highest_live_variance = live_variance_of(s);
  }
  grow_live(weight);
}

void count_sampled_free(std::uint32_t site, std::size_t bytes, bool temporary) noexcept {
  if (!g_counting.load(std::memory_order_relaxed)) return;
  const track::Weight weight = g_sampler.weight(bytes);
  const platform::FloatState ours;
  const platform::Holding hold{g_lock};
  const Place at = place_for(site);
  if (at.samples == nullptr) return;
  CounterRecord& c = *at.counters;
  SampleRecord& s = *at.samples;
  remember_peak(at);
  add(c.freed_blocks, weight.blocks);
  add(c.freed_bytes, weight.bytes);
  add(s.freed_samples, 1);
  add(s.freed_blocks_variance, weight.blocks_variance);
  add(s.freed_bytes_variance, weight.bytes_variance);
  if (temporary) {
    add(c.temporary_blocks, weight.blocks);
    add(s.temporary_blocks_variance, weight.blocks_variance);
  }
  if (site < g_first_own_site) return;  // the parent's block was never in this process's live bytes
  shrink_live(weight);
}

void fold_samples_for_child() noexcept {
  g_lock.reset();
  const platform::FloatState ours;
  for (std::uint32_t site = 0; site != g_sites.count(); ++site) {
    SampleRecord* s = g_samples.find(site);
    if (s == nullptr) continue;
    SampleRecord live{};
    live.allocated_samples = s->allocated_samples - s->freed_samples;
    live.allocated_blocks_variance = s->allocated_blocks_variance;
    subtract(live.allocated_blocks_variance, s->freed_blocks_variance);
    live.allocated_bytes_variance = s->allocated_bytes_variance;
    subtract(live.allocated_bytes_variance, s->freed_bytes_variance);
    *s = live;
  }
  g_samples.clear_from(g_sites.count());
}

}  // namespace weir::engine
