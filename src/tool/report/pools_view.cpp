// Pools as data and for people.
#include <fmt/format.h>

#include <algorithm>

#include "tool/report/pools.hpp"
#include "tool/report/words.hpp"

namespace weir::tool {
namespace {

using profile::PoolClassRecord;
using profile::PoolFree;
using profile::PoolRecord;

constexpr std::size_t kHoldersPut = 16;
constexpr std::size_t kClassesShown = 8;
constexpr std::uint64_t kWorthTelling = 1'000'000;  ///< ns

constexpr std::string_view kPolicies[] = {"none", "bucket", "pow2", "slab"};
constexpr std::string_view kRescues[] = {"second_look",   "gave_back_some", "waited_for_pending",
                                         "gave_back_all", "exact_size",     "managed_memory",
                                         "nothing"};

std::uint64_t bytes(std::int64_t sum) { return static_cast<std::uint64_t>(sum); }
double seconds(std::uint64_t ns) { return static_cast<double>(ns) / 1e9; }
std::optional<double> seconds(std::optional<std::uint64_t> ns) {
  return ns ? std::optional{seconds(*ns)} : std::nullopt;
}
std::string_view policy_of(const PoolRecord& r) { return kPolicies[static_cast<std::size_t>(r.kind)]; }
std::string_view free_mode_of(const PoolRecord& r) {
  return r.free_mode == PoolFree::Strict ? "strict" : "deferred";
}

void put_sizes(Sink& sink, const PoolRecord& r, const PoolFacts& facts) {
  sink.member("live_bytes", bytes(r.live_bytes));
  sink.member("live_blocks", bytes(r.live_blocks));
  sink.member("requested_bytes", bytes(r.requested_bytes));
  sink.member("pending_bytes", bytes(r.pending_bytes));
  sink.member("pending_blocks", bytes(r.pending_blocks));
  sink.member("idle_bytes", bytes(r.idle_bytes));
  sink.member("idle_blocks", bytes(r.idle_blocks));
  sink.member("reserved_bytes", facts.reserved);
  sink.member("idle_max_bytes", r.idle_max);
  sink.member("largest_idle_bytes", facts.largest_idle);
  sink.member("peak_live_bytes", bytes(r.peak_live));
  sink.member("peak_pending_bytes", bytes(r.peak_pending));
  sink.member("peak_idle_bytes", bytes(r.peak_idle));
  sink.member("peak_reserved_bytes", bytes(r.peak_reserved));
  sink.member("internal_fragmentation_bytes", facts.internal);
  sink.member("external_fragmentation_bytes", facts.external);
}

void put_savings(Sink& sink, const PoolRecord& r, const PoolFacts& facts) {
  sink.member("hits", r.hits);
  sink.member("misses", r.misses);
  sink.member("hit_rate", facts.requests == 0 ? std::nullopt
                                              : std::optional{static_cast<double>(r.hits) /
                                                              static_cast<double>(facts.requests)});
  sink.member("frees", r.frees);
  sink.member("driver_allocs", r.source_allocs);
  sink.member("driver_alloc_s", seconds(r.source_alloc_ns));
  sink.member("driver_frees", r.source_frees);
  sink.member("driver_free_s", seconds(r.source_free_ns));
  sink.member("driver_calls_saved", facts.driver_calls_saved);
  sink.member("time_saved_in_allocs_s", seconds(facts.alloc_ns_saved));
  sink.member("time_saved_in_frees_s", seconds(facts.free_ns_saved));
  sink.member("time_saved_s", seconds(facts.ns_saved));
  sink.member("time_saved_basis",
              "calls saved times the measured mean of the driver's own calls, less fences");
}

void put_conduct(Sink& sink, const PoolRecord& r) {
  sink.member("waits", r.waits);
  sink.member("wait_s", seconds(r.wait_ns));
  sink.member("fences", r.marks);
  sink.member("fence_looks", r.looks);
  sink.member("fence_s", seconds(r.mark_ns));
  sink.member("retired_by_fence", r.retired_by_fence);
  sink.member("retired_by_program", r.retired_by_program);
  sink.member("shed_blocks", r.shed_blocks);
  sink.member("shed_bytes", r.shed_bytes);
  sink.member("aside_allocs", r.aside_allocs);
  sink.member("aside_frees", r.aside_frees);
  sink.member("exported_frees", r.exported_frees);
  sink.member("callers_passed", r.callers_passed);
  sink.member("rescued_others", r.rescued_others);
  sink.member("unpooled", r.unpooled);
  sink.member("out_of_memory", r.no_memory);
  sink.object("rescued", [&] {
    for (std::size_t i = 0; i != std::size(kRescues); ++i) sink.member(kRescues[i], r.rescued[i]);
  });
  sink.member("rescue_wait_s", seconds(r.rescue_wait_ns));
  sink.member("contexts_ended", r.contexts_ended);
  sink.member("managed_bytes", r.managed_bytes);
  sink.member("managed_blocks", r.managed_blocks);
  sink.member("slab_bytes", r.slab_bytes);
  sink.member("slabs", r.slabs);
  sink.member("slab_free_bytes", r.slab_free_bytes);
}

void put_classes(Sink& sink, const Pool& pool) {
  sink.list("size_classes", [&] {
    for (const PoolClassRecord& each : pool.classes) {
      sink.begin_object();
      sink.member("bytes", each.bytes);
      sink.member("hits", each.hits);
      sink.member("misses", each.misses);
      sink.member("live_blocks", bytes(each.live_blocks));
      sink.member("idle_blocks", bytes(each.idle_blocks));
      sink.member("pending_blocks", bytes(each.pending_blocks));
      sink.member("idle_bytes", bytes(each.idle_bytes));
      sink.member("driver_s", seconds(each.source_ns));
      sink.end_object();
    }
  });
}

std::string held_text(const Pool& pool, const std::string& whose) {
  const PoolRecord& r = pool.record;
  const PoolFacts facts = pool_facts(pool);
  std::string out = fmt::format("{}, weir's pool ({}, {} frees): ", whose, policy_of(r), free_mode_of(r));
  if (facts.reserved == 0) {
    out += "nothing is reserved";
  } else {
    out += fmt::format("{} reserved", human_bytes(facts.reserved));
    out += fmt::format(": {} live", human_bytes(bytes(r.live_bytes)));
    if (facts.internal != 0)
      out += fmt::format(" ({} of it asked for)", human_bytes(bytes(r.requested_bytes)));
    out += fmt::format(", {} idle", human_bytes(bytes(r.idle_bytes)));
    if (r.idle_bytes != 0) out += fmt::format(" (largest piece {})", human_bytes(facts.largest_idle));
    if (r.pending_bytes != 0) out += fmt::format(", {} pending", human_bytes(bytes(r.pending_bytes)));
  }
  return out + fmt::format("; at most {} were reserved, and at most {} idle.",
                           human_bytes(bytes(r.peak_reserved)), human_bytes(bytes(r.peak_idle)));
}

std::string served_text(const Pool& pool) {
  const PoolFacts facts = pool_facts(pool);
  std::string out =
      fmt::format("It served {} of {} without the driver", percent(facts.allocs_kept, facts.requests),
                  counted(facts.requests, "request"));
  out += fmt::format(", and kept {} from it", counted(facts.frees_kept, "free"));
  if (facts.ns_saved && *facts.ns_saved >= kWorthTelling)
    out += fmt::format(": {} saved, by the measured mean of the driver's own calls",
                       human_seconds(*facts.ns_saved));
  return out + ".";
}

std::string conduct_text(const PoolRecord& r) {
  std::vector<std::string> parts;
  if (r.waits != 0 && r.wait_ns >= kWorthTelling)
    parts.push_back(
        fmt::format("{} waited {} for the device", counted(r.waits, "free"), human_seconds(r.wait_ns)));
  if (r.marks != 0)
    parts.push_back(fmt::format("{} put in {}", counted(r.marks, "fence"), human_seconds(r.mark_ns)));
  if (r.retired_by_program != 0)
    parts.push_back(
        fmt::format("{} proven idle by the program's own waiting", counted(r.retired_by_program, "block")));
  if (r.shed_blocks != 0)
    parts.push_back(fmt::format("{} ({}) given back to the driver{}", counted(r.shed_blocks, "block"),
                                human_bytes(r.shed_bytes),
                                r.no_memory == 0 ? " to keep the bound of " + human_bytes(r.idle_max) : ""));
  if ((r.aside_allocs | r.aside_frees) != 0)
    parts.push_back(fmt::format("{} and {} left to the driver", counted(r.aside_allocs, "request"),
                                counted(r.aside_frees, "free")));
  if (r.callers_passed != 0)
    parts.push_back(
        fmt::format("{} of communication libraries passed by", counted(r.callers_passed, "request")));
  if (r.rescued_others != 0)
    parts.push_back(fmt::format("{} made way for when the driver had no memory",
                                counted(r.rescued_others, "other call")));
  if (r.exported_frees != 0)
    parts.push_back(
        fmt::format("{} really freed because others may hold them", counted(r.exported_frees, "block")));
  if (r.managed_blocks != 0)
    parts.push_back(fmt::format("{} ({}) served by managed memory", counted(r.managed_blocks, "block"),
                                human_bytes(r.managed_bytes)));
  if (r.slabs != 0)
    parts.push_back(fmt::format("{} of {} are carved for nobody", human_bytes(r.slab_free_bytes),
                                counted(r.slabs, "slab")));
  if (r.no_memory != 0)
    parts.push_back(fmt::format("the driver was out of memory {}", counted(r.no_memory, "time")));
  if (parts.empty()) return {};
  std::string out = fmt::format("{}", fmt::join(parts, "; ")) + ".";
  if (out[0] >= 'a' && out[0] <= 'z') out[0] = static_cast<char>(out[0] - 'a' + 'A');
  return out;
}

/// Classes with the most requests, in order of size.
Table class_table(const Pool& pool) {
  std::vector<PoolClassRecord> shown = pool.classes;
  std::stable_sort(shown.begin(), shown.end(),
                   [](const auto& a, const auto& b) { return a.hits + a.misses > b.hits + b.misses; });
  shown.resize(std::min(shown.size(), kClassesShown));
  std::stable_sort(shown.begin(), shown.end(),
                   [](const auto& a, const auto& b) { return a.bytes < b.bytes; });
  Table table{{{"blocks up to"}, {"hits"}, {"misses"}, {"live"}, {"idle"}, {"pending"}, {"idle bytes"}}, {}};
  for (const PoolClassRecord& each : shown)
    table.rows.push_back({human_bytes(each.bytes), exact(each.hits), exact(each.misses),
                          exact(bytes(each.live_blocks)), exact(bytes(each.idle_blocks)),
                          exact(bytes(each.pending_blocks)), human_bytes(bytes(each.idle_bytes))});
  return table;
}

}  // namespace

void put_holders(Sink& sink, const Context& context, Space space, unsigned device) {
  sink.list("sites", [&] {
    for (const std::uint32_t number : holders_of(context.profile, space, device, kHoldersPut)) {
      const Site& site = context.site(number);
      sink.begin_object();
      put_where(sink, site);
      sink.member("live_bytes", site.counts.live_bytes);
      sink.member("live_blocks", site.counts.live_blocks);
      sink.list("frames", [&] { put_frames(sink, context.frames(number)); });
      sink.end_object();
    }
  });
}

void put_pool(Sink& sink, std::string_view name, const Pool* pool, const Context& context) {
  if (pool == nullptr) return sink.member(name, std::nullopt);
  const PoolFacts facts = pool_facts(*pool);
  sink.object(name, [&] {
    sink.member("policy", policy_of(pool->record));
    sink.member("free_mode", free_mode_of(pool->record));
    put_sizes(sink, pool->record, facts);
    put_savings(sink, pool->record, facts);
    put_conduct(sink, pool->record);
    put_classes(sink, *pool);
    sink.member("processes", pool->processes);
    sink.list("advice", [&] {
      for (const std::string& sentence : pool_advice(*pool, context.profile.process.duration_ns))
        sink.put(sentence);
    });
  });
}

void pool_text(const Pool& pool, const std::string& whose, const Context& context, Section& out) {
  if (!was_used(pool)) return;
  out.say(held_text(pool, whose));
  if (pool_facts(pool).requests != 0) out.say(served_text(pool));
  if (std::string conduct = conduct_text(pool.record); !conduct.empty()) out.say(std::move(conduct));
  for (std::string& sentence : pool_advice(pool, context.profile.process.duration_ns))
    out.say("* " + std::move(sentence));
  if (!pool.classes.empty()) out.add(class_table(pool));
}

}  // namespace weir::tool
