// Where memory is held but unused.
#include <fmt/format.h>

#include <algorithm>

#include "tool/report/context.hpp"
#include "tool/report/fragmentation.hpp"
#include "tool/report/pinning.hpp"
#include "tool/report/pools.hpp"
#include "tool/report/words.hpp"

namespace weir::tool {
namespace {

void put_host(Sink& sink, const Context& context) {
  const Profile& profile = context.profile;
  const bool taken = profile.host_stats.has_value();
  const HostStats stats = profile.host_stats.value_or(HostStats{});
  const auto known = [&](std::uint64_t bytes) { return taken ? std::optional{bytes} : std::nullopt; };
  const Held lost = held(profile, stats);
  put_estimate(sink, "requested_bytes", lost.requested, lost.requested_variance, profile);
  sink.member("allocated_bytes", known(stats.allocated));
  sink.member("active_bytes", known(stats.active));
  sink.member("resident_bytes", known(stats.resident));
  sink.member("retained_bytes", known(stats.retained));
  sink.member("mapped_bytes", known(stats.mapped));
  sink.member("metadata_bytes", known(stats.metadata));
  sink.member("cached_bytes", known(stats.cached_bytes));
  sink.member("tag_bytes", known(lost.tags));
  sink.member("internal_bytes", known(lost.rounding));
  if (profile.is_sampled() && taken)
    sink.member("internal_bytes_stderr", static_cast<double>(standard_error(lost.requested_variance)));
  sink.member("external_bytes", known(lost.slabs));
  const bool has_moment = taken && stats.processes == 1;
  sink.member("at_seconds",
              has_moment ? std::optional{static_cast<double>(stats.at_ns) / 1e9} : std::nullopt);
  sink.member("processes", taken ? stats.processes : 0);
  const std::vector<ClassUse> classes = class_use(profile);
  const char* by = are_classes_walked(profile) ? "scan" : "allocator";
  sink.member("size_classes_by", classes.empty() ? std::nullopt : std::optional{std::string{by}});
  sink.list("size_classes", [&] {
    for (const ClassUse& use : classes) {
      sink.begin_object();
      sink.member("size", use.record.bytes);
      sink.member("live_blocks", use.record.live_blocks);
      sink.member("capacity_blocks", use.record.capacity_blocks);
      sink.member("utilization", use.utilization);
      sink.member("unused_bytes", use.unused_bytes);
      sink.member("slabs", use.record.slabs);
      sink.member("slab_bytes", use.record.slab_bytes);
      sink.end_object();
    }
  });
  put_pinning(sink, context);
  sink.member("summary", fmt::format("{}", fmt::join(fragmentation_sentences(profile), " ")));
}

/// What a space or device has live, and what weir's pool holds of it beyond that.
void put_reserved(Sink& sink, std::uint64_t live, const Pool* pool) {
  const PoolFacts facts = pool == nullptr ? PoolFacts{} : pool_facts(*pool);
  const profile::PoolRecord record = pool == nullptr ? profile::PoolRecord{} : pool->record;
  const auto known = [&](std::uint64_t n) { return pool == nullptr ? std::nullopt : std::optional{n}; };
  sink.member("live_bytes", live);
  sink.member("reserved_bytes", known(live + facts.internal + facts.external));
  sink.member("idle_bytes", known(static_cast<std::uint64_t>(record.idle_bytes)));
  sink.member("pending_bytes", known(static_cast<std::uint64_t>(record.pending_bytes)));
  sink.member("largest_idle_bytes", known(facts.largest_idle));
  sink.member("internal_fragmentation_bytes", known(facts.internal));
  sink.member("external_fragmentation_bytes", known(facts.external));
  sink.member("pool_hits", known(record.hits));
  sink.member("pool_misses", known(record.misses));
}

/// What weir knows of itself, and what the driver said of its stream-ordered pools at one moment.
void put_device(Sink& sink, const Device& device, const Context& context) {
  const profile::DeviceRecord& d = device.record;
  const bool looked = d.pools_at_ns != 0;
  const auto known = [&](std::uint64_t bytes) { return looked ? std::optional{bytes} : std::nullopt; };
  sink.begin_object();
  sink.member("device", device.ordinal);
  const Pool* pool = context.profile.pool(Space::Device, device.ordinal);
  put_reserved(sink, static_cast<std::uint64_t>(d.live), pool);
  sink.member("driver_pools_reserved_bytes", known(d.pools_reserved));
  sink.member("driver_pools_used_bytes", known(d.pools_used));
  sink.member("driver_pools_at_s",
              looked ? std::optional{static_cast<double>(d.pools_at_ns) / 1e9} : std::nullopt);
  put_pool(sink, "pool", pool, context);
  put_holders(sink, context, Space::Device, device.ordinal);
  sink.end_object();
}

void put_pinned(Sink& sink, const Context& context) {
  const Pool* pool = context.profile.pool(Space::Pinned);
  put_reserved(sink, context.profile.space(Space::Pinned).counts.live_bytes, pool);
  put_pool(sink, "pool", pool, context);
  put_holders(sink, context, Space::Pinned, 0);
}

void device_text(const Context& context, Section& out) {
  const Profile& profile = context.profile;
  for (const Pool& pool : profile.pools)
    pool_text(
        pool,
        pool.record.space == Space::Pinned ? "Pinned memory" : fmt::format("Device {}", pool.record.device),
        context, out);
  for (const Device& device : profile.devices) {
    const profile::DeviceRecord& d = device.record;
    if (d.pools_at_ns == 0 || d.pools_reserved == 0) continue;
    const std::uint64_t idle = d.pools_reserved - std::min(d.pools_reserved, d.pools_used);
    out.say(fmt::format("Device {}: the driver's stream-ordered pools held {}, of which {} ({}) unused, {}.",
                        device.ordinal, human_bytes(d.pools_reserved), human_bytes(idle),
                        percent(idle, d.pools_reserved),
                        device.processes == 1 ? human_seconds(d.pools_at_ns) + " after the start"
                                              : fmt::format("in {} processes", device.processes)));
  }
}

Table class_table(const std::vector<ClassUse>& worst) {
  constexpr std::size_t kRows = 8;
  Table table{{{"block size"}, {"live"}, {"places"}, {"used"}, {"unused"}, {"slabs"}}, {}};
  for (std::size_t i = 0; i != std::min(worst.size(), kRows); ++i) {
    const ClassUse& use = worst[i];
    table.rows.push_back({exact(use.record.bytes), exact(use.record.live_blocks),
                          exact(use.record.capacity_blocks),
                          percent(use.record.live_blocks, use.record.capacity_blocks),
                          human_bytes(use.unused_bytes), exact(use.record.slabs)});
  }
  return table;
}

}  // namespace

Section section_fragmentation(const Context& context) {
  const Profile& profile = context.profile;
  Section out;
  out.title = "Held but unused";
  for (std::string& sentence : fragmentation_sentences(profile)) out.say(std::move(sentence));
  if (const std::vector<ClassUse> worst = worst_classes(profile); !worst.empty()) out.add(class_table(worst));
  for (std::string& sentence : pinning_sentences(context)) out.say(std::move(sentence));
  device_text(context, out);
  out.data = [&context](Sink& sink) {
    const Profile& shown = context.profile;
    sink.begin_object();
    sink.object("host", [&] { put_host(sink, context); });
    sink.list("device", [&] {
      for (const Device& device : shown.devices) put_device(sink, device, context);
    });
    sink.object("pinned", [&] { put_pinned(sink, context); });
    sink.end_object();
  };
  return out;
}

}  // namespace weir::tool
