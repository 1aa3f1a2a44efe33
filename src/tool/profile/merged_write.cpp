// A merged profile into bytes: each table gathered as records, then all of them behind the directory.
#include <algorithm>
#include <cstring>
#include <limits>
#include <unordered_map>

#include "tool/profile/merged_tables.hpp"
#include "tool/profile/tables.hpp"

namespace weir::tool {
namespace {

using merged::Table;

class Writer {
 public:
  /// The place of a text; texts that are alike have one.
  merged::Text text(const std::string& text) {
    const auto [at, is_new] = places_.try_emplace(text);
    if (is_new) {
      if (texts_.size() + text.size() > std::numeric_limits<std::uint32_t>::max())
        throw Error{"the merged profile has more than 4 GiB of texts"};
      at->second = {static_cast<std::uint32_t>(texts_.size()), static_cast<std::uint32_t>(text.size())};
      texts_ += text;
    }
    return at->second;
  }

  template <class Record>
  void table(Table which, const std::vector<Record>& records) {
    table(which, records.data(), sizeof(Record), records.size());
  }

  [[nodiscard]] std::vector<std::byte> finish() {
    table(Table::Texts, texts_.data(), 1, texts_.size());
    merged::Header header{merged::kMagic, merged::kVersion, static_cast<std::uint32_t>(entries_.size()), 0};
    const std::size_t head = sizeof(header) + entries_.size() * sizeof(merged::TableEntry);
    header.file_bytes = head + content_.size();
    for (merged::TableEntry& entry : entries_) entry.begin += head;
    std::vector<std::byte> out(header.file_bytes);
    std::memcpy(out.data(), &header, sizeof(header));
    std::memcpy(out.data() + sizeof(header), entries_.data(), head - sizeof(header));
    if (!content_.empty()) std::memcpy(out.data() + head, content_.data(), content_.size());
    return out;
  }

 private:
  void table(Table which, const void* records, std::size_t each, std::size_t count) {
    if (count == 0) return;
    entries_.push_back({which, static_cast<std::uint32_t>(each), content_.size(), count});
    const auto* begin = static_cast<const std::byte*>(records);
    content_.insert(content_.end(), begin, begin + each * count);
    content_.resize((content_.size() + 7) / 8 * 8);
  }

  std::unordered_map<std::string, merged::Text> places_;
  std::string texts_;
  std::vector<merged::TableEntry> entries_;
  std::vector<std::byte> content_;
};

merged::CountsRecord counts_record(const Counts& c) {
  const Spread& s = c.spread;
  return {c.allocated_blocks, c.allocated_bytes,  c.freed_blocks,     c.freed_bytes,     c.temporary_blocks,
          c.live_blocks,      c.live_bytes,       s.allocated_blocks, s.allocated_bytes, s.freed_blocks,
          s.freed_bytes,      s.temporary_blocks, s.live_blocks,      s.live_bytes};
}

void write_summary(const Profile& profile, Writer& out) {
  merged::SummaryRecord r{};
  r.record_mode = profile.record_mode;
  r.stack_depth = profile.stack_depth;
  r.sample_every = profile.sample_every;
  r.samples = profile.samples;
  r.live_samples = profile.live_samples;
  r.own_bytes = profile.own_bytes;
  r.losses = profile.losses;
  std::copy(std::begin(profile.cuda_calls), std::end(profile.cuda_calls), r.cuda_calls);
  r.cuda_driver_version = profile.cuda_driver_version;
  r.allocator = out.text(profile.allocator);
  r.unwinder = out.text(profile.unwinder);
  r.weir_version = out.text(profile.weir_version);
  r.timeline_step_ns = profile.timeline_step_ns;
  if (profile.host_stats) {
    const HostStats& stats = *profile.host_stats;
    r.host_processes = stats.processes;
    r.host_at_ns = stats.at_ns;
    r.allocated = stats.allocated;
    r.active = stats.active;
    r.resident = stats.resident;
    r.retained = stats.retained;
    r.mapped = stats.mapped;
    r.metadata = stats.metadata;
    r.cached_bytes = stats.cached_bytes;
    r.requested = stats.requested;
    r.tagged_blocks = stats.tagged_blocks;
    r.inherited_bytes = stats.inherited_bytes;
    r.requested_variance = stats.requested_variance;
    r.inherited_variance = stats.inherited_variance;
    out.table(Table::SizeClasses, stats.classes);
  }
  out.table(Table::Summary, std::vector{r});
}

merged::MemberRecord member_record(const Member& member, Writer& out) {
  const Process& process = member.process;
  return {.pid = process.pid,
          .parent_pid = process.parent_pid,
          .started_realtime_ns = process.started_realtime_ns,
          .duration_ns = process.duration_ns,
          .ending = static_cast<std::uint32_t>(process.ending),
          .end_value = process.end_value,
          .exe = out.text(process.exe),
          .cwd = out.text(process.cwd),
          .profile = out.text(member.profile),
          .argument_count = static_cast<std::uint32_t>(process.args.size()),
          .args_cut = process.args_cut ? 1U : 0U,
          .record_mode = member.record_mode,
          .reserved = 0,
          .errors = member.errors,
          .warnings = member.warnings,
          .lost = member.lost,
          .out_of_memory = member.out_of_memory};
}

void write_members(const Profile& profile, Writer& out) {
  std::vector<merged::MemberRecord> members;
  std::vector<merged::Text> arguments;
  std::vector<merged::SpaceRecord> spaces;
  for (const Member& member : profile.members) {
    for (std::uint32_t i = 0; i != profile::kSpacesAndImported; ++i) {
      const SpaceTotals& space = member.spaces[i];
      if ((space.counts.allocated_blocks | space.counts.allocated_bytes | space.inherited.allocated_blocks |
           space.inherited.freed_blocks | space.peak_bytes) == 0)
        continue;
      spaces.push_back({static_cast<std::uint32_t>(members.size()), i, counts_record(space.counts),
                        counts_record(space.inherited), space.peak_bytes, space.peak_error_bytes,
                        space.peak_at_ns, space.peak_variance});
    }
    members.push_back(member_record(member, out));
    for (const std::string& argument : member.process.args) arguments.push_back(out.text(argument));
  }
  out.table(Table::Members, members);
  out.table(Table::Arguments, arguments);
  out.table(Table::Spaces, spaces);
}

void write_sites(const Profile& profile, Writer& out) {
  std::vector<merged::ModuleRecord> modules;
  for (const Module& module : profile.modules)
    modules.push_back(
        {out.text(module.path), out.text(module.build_id), module.file_bytes, module.file_mtime_ns});
  out.table(Table::Modules, modules);
  std::vector<profile::NodeRecord> nodes;
  for (const Node& node : profile.nodes) {
    const std::uint64_t base = node.module < profile.modules.size() ? profile.modules[node.module].base : 0;
    nodes.push_back({node.pc - base, node.parent, node.module});
  }
  out.table(Table::Nodes, nodes);
  std::vector<merged::SiteRecord> sites;
  for (auto i = static_cast<std::size_t>(profile::FixedSite::First); i < profile.sites.size(); ++i) {
    const Site& site = profile.sites[i];
    sites.push_back({.node = site.node,
                     .space = site.space,
                     .kind = site.kind,
                     .device = site.device,
                     .inherited = static_cast<std::uint8_t>(site.inherited),
                     .flags = site.flags,
                     .first_ms = site.first_ms,
                     .processes = site.processes,
                     .most_live_in = site.most_live_in,
                     .counts = counts_record(site.counts),
                     .at_peak_bytes = site.at_peak_bytes,
                     .peak_bytes = site.peak_bytes,
                     .peak_error_bytes = site.peak_error_bytes,
                     .most_live_bytes = site.most_live_bytes,
                     .at_peak_variance = site.at_peak_variance,
                     .peak_variance = site.peak_variance});
  }
  out.table(Table::Sites, sites);
}

void write_cuda(const Profile& profile, Writer& out) {
  std::vector<merged::DeviceRecord> devices;
  for (const Device& device : profile.devices)
    devices.push_back({device.ordinal, device.processes, device.record});
  out.table(Table::Devices, devices);
  out.table(Table::Releases, profile.releases);
  std::vector<merged::PoolRecord> pools;
  std::vector<merged::PoolClassRecord> classes;
  for (const Pool& pool : profile.pools) {
    for (const profile::PoolClassRecord& each : pool.classes)
      classes.push_back({static_cast<std::uint32_t>(pools.size()), 0, each});
    pools.push_back({pool.processes, 0, pool.record});
  }
  out.table(Table::Pools, pools);
  out.table(Table::PoolClasses, classes);
  out.table(Table::OutOfMemory, profile.out_of_memory);
  std::vector<merged::UnhookedRecord> unhooked;
  for (const Unhooked& each : profile.unhooked)
    unhooked.push_back({out.text(each.name), out.text(each.why), each.times, each.route, 0});
  out.table(Table::Unhooked, unhooked);
  std::vector<merged::DeepbindRecord> deepbinds;
  for (const DeepbindOpen& each : profile.deepbinds) deepbinds.push_back({out.text(each.path), each.times});
  out.table(Table::Deepbinds, deepbinds);
}

void write_warnings(const Profile& profile, Writer& out) {
  std::vector<merged::WarningRecord> warnings;
  for (std::size_t i = 0; i != profile.warnings.size(); ++i)
    warnings.push_back(
        {out.text(profile.warnings[i]), i < profile.warned_in.size() ? profile.warned_in[i] : 1});
  out.table(Table::Warnings, warnings);
}

}  // namespace

std::vector<std::byte> merged_bytes(const Profile& profile) {
  Writer out;
  write_summary(profile, out);
  write_members(profile, out);
  write_sites(profile, out);
  out.table(Table::Timeline, profile.timeline);
  out.table(Table::Errors, profile.errors);
  write_cuda(profile, out);
  if (const auto scan = scan_record(profile)) out.table(Table::Scan, std::vector{*scan});
  if (const auto failed = failed_looks_record(profile)) out.table(Table::FailedLooks, std::vector{*failed});
  out.table(Table::Verdicts, verdict_records(profile));
  if (profile.scan) out.table(Table::WalkedClasses, profile.scan->classes);
  write_warnings(profile, out);
  return out.finish();
}

}  // namespace weir::tool
