// Out of a profile what growth needs, and readings into the order of their run.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "tool/growth/growth.hpp"

namespace weir::tool {
namespace {

constexpr auto kFirst = static_cast<std::size_t>(profile::FixedSite::First);

std::uint64_t mixed(std::uint64_t a, std::uint64_t b) noexcept {
  std::uint64_t h = (a ^ (b * 0x9E3779B97F4A7C15U)) * 0xBF58476D1CE4E5B9U;
  h ^= h >> 31;
  return h * 0x94D049BB133111EBU ^ (h >> 29);
}

/// By node: its frames, from the oldest on. Callers come before those whom they call.
std::vector<std::uint64_t> stack_hashes(const Profile& profile) {
  std::vector<std::uint64_t> out(profile.nodes.size());
  for (std::size_t i = 1; i < profile.nodes.size(); ++i) {
    const Node& node = profile.nodes[i];
    if (node.pc != 0) out[i] = mixed(out[node.parent], node.pc);
  }
  return out;
}

/// No two processes of a machine began in the same nanosecond with the same number.
std::string run_of(const Profile& profile) {
  const Process& process = profile.process;
  if (profile.is_merged() || process.pid == 0 || process.started_realtime_ns == 0) return {};
  return fmt::format("{} {} {}", process.pid, process.started_realtime_ns, process.exe);
}

bool goes_back(const std::vector<Reading>& readings) {
  return !std::is_sorted(readings.begin(), readings.end(),
                         [](const Reading& a, const Reading& b) { return a.moment.at_ns < b.moment.at_ns; });
}

}  // namespace

Reading read_out(const Profile& profile, std::string name, const Moment& moment) {
  Reading out{.name = std::move(name),
              .process = profile.process,
              .moment = moment,
              .run = run_of(profile),
              .totals = {},
              .spaces = {},
              .sites = {}};
  out.has_verdicts = profile.scan && profile.scan->has_verdicts();
  out.dropped = records_dropped(profile.losses);
  for (std::size_t space = 0; space != profile::kSpaces; ++space) {
    out.spaces[space] = profile.spaces[space].counts;
    out.totals += out.spaces[space];
  }
  const std::vector<std::uint64_t> stacks = stack_hashes(profile);
  out.sites.resize(profile.sites.size());
  for (std::size_t i = kFirst; i < profile.sites.size(); ++i) {
    const Site& site = profile.sites[i];
    if (!site.exists || site.inherited) continue;
    const std::uint64_t memory = static_cast<std::uint64_t>(site.space) | std::uint64_t{site.device} << 8 |
                                 static_cast<std::uint64_t>(site.kind) << 16;
    out.sites[i] = {.exists = true,
                    .stack = mixed(site.node == 0 ? 0 : stacks[site.node], memory),
                    .counts = site.counts,
                    .lost_bytes = site.verdict.lost().bytes,
                    .lost_blocks = site.verdict.lost().blocks,
                    .held_before = site.peak_bytes - std::min(site.peak_bytes, site.peak_error_bytes),
                    .held_variance = site.peak_variance};
  }
  return out;
}

bool are_of_one_run(std::span<const Reading> readings) {
  if (readings.empty() || readings[0].run.empty()) return false;
  for (std::size_t i = 1; i < readings.size(); ++i) {
    const std::vector<Reading::Site>&a = readings[i - 1].sites, &b = readings[i].sites;
    if (readings[i].run != readings[0].run) return false;
    for (std::size_t site = 0; site != std::min(a.size(), b.size()); ++site)
      if (a[site].exists && b[site].exists && a[site].stack != b[site].stack) return false;
  }
  return true;
}

std::vector<std::size_t> put_in_order(std::vector<Reading>& readings) {
  std::vector<std::size_t> order(readings.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  // What was allocated in all never goes down; files may have been copied, times and all, in any way.
  std::stable_sort(order.begin(), order.end(), [&](std::size_t left, std::size_t right) {
    const Reading &a = readings[left], &b = readings[right];
    const auto freed = [](const Reading& r) { return r.totals.freed_blocks; };
    if (a.totals.allocated_blocks != b.totals.allocated_blocks)
      return a.totals.allocated_blocks < b.totals.allocated_blocks;
    return freed(a) != freed(b) ? freed(a) < freed(b) : a.moment.at_ns < b.moment.at_ns;
  });
  std::vector<Reading> sorted;
  for (const std::size_t at : order) sorted.push_back(std::move(readings[at]));
  readings = std::move(sorted);
  if (goes_back(readings))
    for (Reading& reading : readings)
      if (reading.moment.basis == Moment::Basis::FileTime) {
        reading.moment.at_ns = reading.moment.last_seen_ns;
        reading.moment.basis = Moment::Basis::LastSeen;
      }
  for (std::size_t i = 1; i < readings.size(); ++i)
    readings[i].moment.at_ns = std::max(readings[i].moment.at_ns, readings[i - 1].moment.at_ns);
  return order;
}

}  // namespace weir::tool
