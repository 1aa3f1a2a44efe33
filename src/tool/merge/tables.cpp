// Misuses, releases, out of memory, statistics and coverage of many processes.
#include "tool/merge/tables.hpp"

#include <algorithm>

#include "tool/merge/saturate.hpp"

namespace weir::tool {
namespace {

/// The texts that differ, each once, in the order in which they came.
void add_text(std::string& all, const std::string& more) {
  constexpr std::string_view kBetween = ", ";
  for (std::size_t at = 0; at <= more.size();) {
    const std::size_t end = std::min(more.find(kBetween, at), more.size());
    const std::string one = more.substr(at, end - at);
    at = end + kBetween.size();
    if (one.empty()) continue;
    const std::string framed = std::string{kBetween} + all + std::string{kBetween};
    if (framed.find(std::string{kBetween} + one + std::string{kBetween}) == std::string::npos)
      all += (all.empty() ? "" : std::string{kBetween}) + one;
  }
}

void add_losses(profile::LossCounters& sum, const profile::LossCounters& more) {
  constexpr std::size_t kWords = sizeof(sum) / sizeof(std::uint64_t);
  auto* words = reinterpret_cast<std::uint64_t*>(&sum);
  const auto* others = reinterpret_cast<const std::uint64_t*>(&more);
  for (std::size_t i = 0; i != kWords; ++i) add_to(words[i], others[i]);
}

void add_classes(std::vector<profile::SizeClassRecord>& sum,
                 const std::vector<profile::SizeClassRecord>& more) {
  for (const profile::SizeClassRecord& each : more) {
    const auto at = std::lower_bound(sum.begin(), sum.end(), each,
                                     [](const auto& a, const auto& b) { return a.bytes < b.bytes; });
    if (at == sum.end() || at->bytes != each.bytes) {
      sum.insert(at, each);
      continue;
    }
    add_to(at->live_blocks, each.live_blocks);
    add_to(at->capacity_blocks, each.capacity_blocks);
    add_to(at->slabs, each.slabs);
    at->slab_bytes = std::max(at->slab_bytes, each.slab_bytes);
  }
}

}  // namespace

void add_errors(Profile& into, const Profile& from, Stacks& stacks, std::uint64_t later_ns) {
  for (profile::ErrorRecord error : from.errors) {
    for (std::uint32_t* site : {&error.site, &error.allocated_site, &error.freed_site})
      *site = stacks.site(*site);
    error.at_ns += later_ns;
    const auto same = std::find_if(into.errors.begin(), into.errors.end(), [&](const auto& each) {
      return each.kind == error.kind && each.space == error.space && each.site == error.site &&
             each.allocated_site == error.allocated_site && each.freed_site == error.freed_site;
    });
    if (same == into.errors.end()) {
      into.errors.push_back(error);
      continue;
    }
    // Address and sizes are those of the first.
    std::uint64_t times = same->times;
    add_to(times, error.times);
    if (error.at_ns < same->at_ns) *same = error;
    same->times = times;
  }
}

void add_releases(Profile& into, const Profile& from, Stacks& stacks, std::uint64_t later_ns) {
  for (profile::ReleaseRecord record : from.releases) {
    record.site = stacks.site(record.site);
    record.released_site = stacks.site(record.released_site);
    record.first_ns += later_ns;
    record.last_ns += later_ns;
    if (record.site == 0) continue;
    const auto same = std::find_if(into.releases.begin(), into.releases.end(), [&](const auto& each) {
      return each.site == record.site && each.released_site == record.released_site && each.how == record.how;
    });
    if (same == into.releases.end()) {
      into.releases.push_back(record);
      continue;
    }
    add_to(same->bytes, record.bytes);
    add_to(same->blocks, record.blocks);
    same->first_ns = std::min(same->first_ns, record.first_ns);
    same->last_ns = std::max(same->last_ns, record.last_ns);
  }
}

void add_out_of_memory(Profile& into, const Profile& from, Stacks& stacks, std::uint64_t later_ns) {
  for (profile::OutOfMemoryRecord record : from.out_of_memory) {
    record.site = stacks.site(record.site);
    std::uint16_t kept = 0;
    for (std::uint16_t i = 0; i != record.holder_count; ++i) {
      record.holders[i].site = stacks.site(record.holders[i].site);
      if (record.holders[i].site != 0) record.holders[kept++] = record.holders[i];
    }
    record.holder_count = kept;
    record.at_ns += later_ns;
    const auto same =
        std::find_if(into.out_of_memory.begin(), into.out_of_memory.end(), [&](const auto& each) {
          return each.site == record.site && each.space == record.space && each.device == record.device;
        });
    if (same == into.out_of_memory.end()) {
      into.out_of_memory.push_back(record);
      continue;
    }
    std::uint32_t times = same->times;
    add_to(times, record.times);
    if (record.at_ns < same->at_ns) *same = record;  // the numbers are the first time's
    same->times = times;
  }
}

void add_host_stats(Profile& into, const Profile& from) {
  if (!from.host_stats) return;
  if (!into.host_stats) {
    into.host_stats = from.host_stats;
    return;
  }
  HostStats& sum = *into.host_stats;
  const HostStats& more = *from.host_stats;
  for (std::uint64_t HostStats::*field :
       {&HostStats::allocated, &HostStats::active, &HostStats::resident, &HostStats::retained,
        &HostStats::mapped, &HostStats::metadata, &HostStats::cached_bytes, &HostStats::requested,
        &HostStats::tagged_blocks, &HostStats::inherited_bytes})
    add_to(sum.*field, more.*field);
  sum.at_ns = 0;  // each at its own moment
  sum.requested_variance += more.requested_variance;
  sum.inherited_variance += more.inherited_variance;
  add_to(sum.processes, more.processes);
  add_classes(sum.classes, more.classes);
}

void add_scan(Profile& into, const Profile& from) {
  if (!from.scan) return;
  if (!into.scan) into.scan.emplace();
  for (std::size_t i = 0; i != Scan::kResults; ++i) add_to(into.scan->results[i], from.scan->results[i]);
  for (std::uint64_t Scan::*field :
       {&Scan::took_ns, &Scan::blocks, &Scan::slabs, &Scan::empty_slabs, &Scan::empty_slab_bytes,
        &Scan::root_bytes, &Scan::root_mappings, &Scan::shared_mappings, &Scan::threads,
        &Scan::without_registers, &Scan::whole_stacks, &Scan::cuda_blocks, &Scan::cuda_unread,
        &Scan::cuda_handles, &Scan::cuda_graphs, &Scan::cuda_registered})
    add_to(*into.scan.*field, *from.scan.*field);
  add_to(into.scan->on_request, from.scan->on_request);
  for (std::size_t i = 0; i != Scan::kResults; ++i)
    add_to(into.scan->failed_later[i], from.scan->failed_later[i]);
  add_classes(into.scan->classes, from.scan->classes);
}

void add_warning(Profile& into, const std::string& line, std::uint32_t processes) {
  const auto same = std::find(into.warnings.begin(), into.warnings.end(), line);
  if (same == into.warnings.end()) {
    into.warnings.push_back(line);
    into.warned_in.push_back(processes);
  } else {
    add_to(into.warned_in[static_cast<std::size_t>(same - into.warnings.begin())], processes);
  }
}

void add_coverage(Profile& into, const Profile& from) {
  const bool is_first = into.members.empty();
  const auto mode = [](std::uint32_t a, std::uint32_t b) {
    return a == 1 || b == 1 ? 1U : std::min(a, b);  // sampled beats exact, exact beats off
  };
  into.record_mode = is_first ? from.record_mode : mode(into.record_mode, from.record_mode);
  into.stack_depth = std::max(into.stack_depth, from.stack_depth);
  into.sample_every = std::max(into.sample_every, from.sample_every);
  add_to(into.samples, from.samples);
  add_to(into.live_samples, from.live_samples);
  add_to(into.own_bytes, from.own_bytes);
  add_text(into.allocator, from.allocator);
  add_text(into.unwinder, from.unwinder);
  add_text(into.weir_version, from.weir_version);
  add_losses(into.losses, from.losses);
  for (std::size_t i = 0; i != profile::kCudaRoutes; ++i) add_to(into.cuda_calls[i], from.cuda_calls[i]);
  into.cuda_driver_version = std::max(into.cuda_driver_version, from.cuda_driver_version);
  for (std::size_t i = 0; i != from.warnings.size(); ++i)
    add_warning(into, from.warnings[i], i < from.warned_in.size() ? from.warned_in[i] : 1);
  for (const std::string& line : from.damage) add_warning(into, line, 1);
  for (const Unhooked& each : from.unhooked) {
    const auto same = std::find_if(into.unhooked.begin(), into.unhooked.end(), [&](const Unhooked& other) {
      return other.name == each.name && other.why == each.why && other.route == each.route;
    });
    same == into.unhooked.end() ? into.unhooked.push_back(each) : add_to(same->times, each.times);
  }
  for (const DeepbindOpen& each : from.deepbinds) {
    const auto same = std::find_if(into.deepbinds.begin(), into.deepbinds.end(),
                                   [&](const DeepbindOpen& other) { return other.path == each.path; });
    same == into.deepbinds.end() ? into.deepbinds.push_back(each) : add_to(same->times, each.times);
  }
}

void shift_times(Profile& into, std::uint64_t later_ns, std::uint32_t later_ms) {
  for (Site& site : into.sites) add_to(site.first_ms, later_ms);
  for (auto& error : into.errors) add_to(error.at_ns, later_ns);
  for (auto& record : into.out_of_memory) add_to(record.at_ns, later_ns);
  for (auto& record : into.releases) {
    add_to(record.first_ns, later_ns);
    add_to(record.last_ns, later_ns);
  }
}

}  // namespace weir::tool
