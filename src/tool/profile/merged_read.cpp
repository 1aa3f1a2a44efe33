// Bytes of a merged profile into a Profile, trusting nothing in them.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "tool/profile/merged_tables.hpp"

namespace weir::tool {

using merged::Table;

MergedTables::MergedTables(std::span<const std::byte> file, const std::string& name, Damage& damage)
    : file_{file}, damage_{damage} {
  merged::Header header;
  if (file.size() < sizeof(header))
    throw Error{fmt::format("{} is cut short: its header is not complete", name)};
  std::memcpy(&header, file.data(), sizeof(header));
  if (header.version == 0) throw Error{fmt::format("{} is damaged: its format version is 0", name)};
  if (header.version > merged::kVersion)
    throw Error{fmt::format("{} was written by a newer weir (merged format {}; this one reads up to {})",
                            name, header.version, merged::kVersion)};
  if (header.table_count >= merged::kTables)
    throw Error{fmt::format("{} is damaged: its header contradicts itself", name)};
  if (header.file_bytes > file.size()) damage.note("it ends before its last table does");
  for (std::size_t i = 0; i != header.table_count; ++i) {
    const std::size_t at = sizeof(header) + i * sizeof(merged::TableEntry);
    if (at + sizeof(merged::TableEntry) > file.size()) break;
    merged::TableEntry entry;
    std::memcpy(&entry, file.data() + at, sizeof(entry));
    const auto which = static_cast<std::size_t>(entry.table);
    if (which == 0 || which >= merged::kTables || entry.record_bytes == 0 || entries_[which].count != 0)
      damage.note("a directory entry makes no sense and was left out");
    else
      entries_[which] = entry;
  }
}

std::span<const std::byte> MergedTables::bytes_of(Table table, std::size_t each) {
  const merged::TableEntry& entry = entries_[static_cast<std::size_t>(table)];
  if (entry.count == 0) return {};
  if (entry.record_bytes != each) {
    damage_.note("the records of a table have the wrong size");
    return {};
  }
  if (entry.begin > file_.size()) {
    damage_.note("a table lies beyond the end");
    return {};
  }
  const std::uint64_t there = (file_.size() - entry.begin) / each;
  if (there < entry.count) damage_.note("a table is cut short");
  return file_.subspan(entry.begin, std::min(there, entry.count) * each);
}

std::string MergedTables::text(merged::Text place) {
  const std::span<const std::byte> all = bytes_of(Table::Texts, 1);
  if (place.bytes == 0) return {};
  if (place.begin > all.size() || place.bytes > all.size() - place.begin) {
    damage_.note("a text is missing");
    return {};
  }
  return {reinterpret_cast<const char*>(all.data()) + place.begin, place.bytes};
}

namespace {

/// Texts that anything points to need no more room than the file has, so that memory stays bounded by its size.
class Texts {
 public:
  explicit Texts(MergedTables& tables, std::size_t file_bytes) : tables_{tables}, left_{8 * file_bytes} {}
  std::string operator()(merged::Text place) {
    std::string out = tables_.text(place);
    if (out.size() > left_) {
      tables_.damage().note("texts are used too often");
      return {};
    }
    left_ -= out.size();
    return out;
  }

 private:
  MergedTables& tables_;
  std::size_t left_;
};

bool take(const merged::CountsRecord& r, Counts& out) {
  for (const std::uint64_t n : {r.allocated_blocks, r.allocated_bytes, r.freed_blocks, r.freed_bytes,
                                r.temporary_blocks, r.live_blocks, r.live_bytes})
    if (!honest(n)) return false;
  const Spread spread{r.allocated_blocks_variance, r.allocated_bytes_variance,  r.freed_blocks_variance,
                      r.freed_bytes_variance,      r.temporary_blocks_variance, r.live_blocks_variance,
                      r.live_bytes_variance};
  for (const double v : {spread.allocated_blocks, spread.allocated_bytes, spread.freed_blocks,
                         spread.freed_bytes, spread.temporary_blocks, spread.live_blocks, spread.live_bytes})
    if (!honest_variance(v)) return false;
  out = {r.allocated_blocks, r.allocated_bytes, r.freed_blocks, r.freed_bytes,
         r.temporary_blocks, r.live_blocks,     r.live_bytes,   spread};
  return true;
}

void read_summary(MergedTables& tables, Texts& text, Profile& out) {
  const auto records = tables.of<merged::SummaryRecord>(Table::Summary);
  if (records.empty()) return tables.damage().note("its summary is missing");
  const merged::SummaryRecord& r = records[0];
  out.record_mode = std::min<std::uint32_t>(r.record_mode, 2);
  out.stack_depth = r.stack_depth;
  out.sample_every = honest(r.sample_every) ? r.sample_every : 0;
  out.samples = r.samples;
  out.live_samples = r.live_samples;
  out.own_bytes = r.own_bytes;
  out.losses = r.losses;
  std::copy(std::begin(r.cuda_calls), std::end(r.cuda_calls), out.cuda_calls);
  out.cuda_driver_version = r.cuda_driver_version;
  out.allocator = text(r.allocator);
  out.unwinder = text(r.unwinder);
  out.weir_version = text(r.weir_version);
  out.timeline_step_ns = honest(r.timeline_step_ns) ? r.timeline_step_ns : 0;
  if (r.host_processes == 0) return;
  for (const std::uint64_t n :
       {r.host_processes, r.host_at_ns, r.allocated, r.active, r.resident, r.retained, r.mapped, r.metadata,
        r.cached_bytes, r.requested, r.tagged_blocks, r.inherited_bytes})
    if (!honest(n))
      return tables.damage().note("the allocators' statistics are impossible and were left out");
  HostStats stats{.at_ns = r.host_at_ns,
                  .allocated = r.allocated,
                  .active = r.active,
                  .resident = r.resident,
                  .retained = r.retained,
                  .mapped = r.mapped,
                  .metadata = r.metadata,
                  .cached_bytes = r.cached_bytes,
                  .requested = r.requested,
                  .requested_variance = honest_variance(r.requested_variance) ? r.requested_variance : 0,
                  .classes = {},
                  .processes = static_cast<std::uint32_t>(r.host_processes),
                  .tagged_blocks = r.tagged_blocks,
                  .inherited_bytes = r.inherited_bytes,
                  .inherited_variance = honest_variance(r.inherited_variance) ? r.inherited_variance : 0};
  for (const auto& c : tables.of<profile::SizeClassRecord>(Table::SizeClasses))
    if (plausible(c))
      stats.classes.push_back(c);
    else
      tables.damage().note("an impossible size class was left out");
  out.host_stats = std::move(stats);
}

void read_spaces(MergedTables& tables, Profile& out) {
  for (const auto& r : tables.of<merged::SpaceRecord>(Table::Spaces)) {
    SpaceTotals space;
    const bool is_sane = r.member < out.members.size() && r.space < profile::kSpacesAndImported &&
                         take(r.counts, space.counts) && take(r.inherited, space.inherited) &&
                         honest(r.peak_bytes) && honest(r.peak_error_bytes) && honest(r.peak_at_ns) &&
                         honest_variance(r.peak_variance);
    if (!is_sane) {
      tables.damage().note("what a process had in a space is impossible and was left out");
      continue;
    }
    space.peak_bytes = r.peak_bytes;
    space.peak_error_bytes = r.peak_error_bytes;
    space.peak_at_ns = r.peak_at_ns;
    space.peak_variance = r.peak_variance;
    out.members[r.member].spaces[r.space] = space;
  }
}

void read_members(MergedTables& tables, Texts& text, Profile& out) {
  const auto arguments = tables.of<merged::Text>(Table::Arguments);
  std::size_t argument = 0;
  for (const auto& r : tables.of<merged::MemberRecord>(Table::Members)) {
    Member member;
    Process& process = member.process;
    process.pid = r.pid;
    process.parent_pid = r.parent_pid;
    process.started_realtime_ns = r.started_realtime_ns;
    process.duration_ns = honest(r.duration_ns) ? r.duration_ns : 0;
    process.ending = r.ending < static_cast<std::uint32_t>(Ending::Several) ? static_cast<Ending>(r.ending)
                                                                            : Ending::Killed;
    process.end_value = r.end_value;
    process.exe = text(r.exe);
    process.cwd = text(r.cwd);
    process.args_cut = r.args_cut != 0;
    for (std::uint32_t i = 0; i != r.argument_count; ++i) {
      if (argument == arguments.size()) {
        tables.damage().note("arguments of a process are missing");
        break;
      }
      process.args.push_back(text(arguments[argument++]));
    }
    member.profile = text(r.profile);
    member.record_mode = std::min<std::uint32_t>(r.record_mode, 2);
    member.errors = honest(r.errors) ? r.errors : 0;
    member.warnings = honest(r.warnings) ? r.warnings : 0;
    member.lost = r.lost;
    member.out_of_memory = honest(r.out_of_memory) ? r.out_of_memory : 0;
    out.members.push_back(std::move(member));
  }
  if (out.members.empty()) {
    tables.damage().note("it tells of no process");
    out.members.emplace_back();
  }
  read_spaces(tables, out);
}

void read_stacks(MergedTables& tables, Texts& text, Profile& out) {
  for (const auto& r : tables.of<merged::ModuleRecord>(Table::Modules)) {
    Module module;
    module.path = text(r.path);
    module.build_id = text(r.build_id);
    module.file_bytes = r.file_bytes;
    module.file_mtime_ns = r.file_mtime_ns;
    out.modules.push_back(std::move(module));
  }
  if (out.modules.empty()) out.modules.emplace_back();
  for (const auto& r : tables.of<profile::NodeRecord>(Table::Nodes)) {
    const std::size_t number = out.nodes.size();
    const bool is_sane =
        r.pc == 0 || ((r.parent == 0 || (r.parent < number && out.nodes[r.parent].pc != 0)) &&
                      r.module < out.modules.size());
    if (!is_sane) tables.damage().note("a frame's caller or module is missing; the frame was left out");
    out.nodes.push_back(is_sane ? Node{r.pc, r.parent, r.module} : Node{});
  }
}

bool take(const merged::SiteRecord& r, const Profile& profile, Site& out) {
  const bool is_sane = static_cast<std::uint32_t>(r.space) < profile::kSpacesAndImported &&
                       static_cast<std::uint32_t>(r.kind) < profile::kMemoryKinds &&
                       r.flags < (1U << profile::kSiteKindShift) &&
                       (r.node == 0 || (r.node < profile.nodes.size() && profile.nodes[r.node].pc != 0)) &&
                       take(r.counts, out.counts) && honest(r.at_peak_bytes) && honest(r.peak_bytes) &&
                       honest(r.peak_error_bytes) && honest(r.most_live_bytes) &&
                       honest_variance(r.at_peak_variance) && honest_variance(r.peak_variance);
  if (!is_sane) return false;
  out.exists = true;
  out.inherited = r.inherited != 0;
  out.space = r.space;
  out.device = r.device;
  out.kind = r.kind;
  out.flags = static_cast<std::uint16_t>(r.flags);
  out.node = r.node;
  out.first_ms = r.first_ms;
  out.at_peak_bytes = r.at_peak_bytes;
  out.peak_bytes = r.peak_bytes;
  out.peak_error_bytes = r.peak_error_bytes;
  out.at_peak_variance = r.at_peak_variance;
  out.peak_variance = r.peak_variance;
  out.processes = std::max<std::uint32_t>(r.processes, 1);
  out.most_live_in = r.most_live_in < profile.members.size() ? r.most_live_in : 0;
  out.most_live_bytes = r.most_live_bytes;
  return true;
}

void read_sites(MergedTables& tables, Profile& out) {
  out.sites.resize(static_cast<std::size_t>(profile::FixedSite::First));
  for (const auto& r : tables.of<merged::SiteRecord>(Table::Sites)) {
    Site site;
    if (!take(r, out, site)) {
      tables.damage().note("a call site makes no sense and was left out");
      site = {};
    }
    out.sites.push_back(site);
  }
}

}  // namespace

Profile parse_merged(std::span<const std::byte> file, const std::string& name) {
  Damage damage;
  MergedTables tables{file, name, damage};
  Texts text{tables, file.size()};
  Profile out;
  read_summary(tables, text, out);
  read_members(tables, text, out);
  read_stacks(tables, text, out);
  read_sites(tables, out);
  read_merged_events(tables, out);
  read_merged_scan(tables, out);
  for (const auto& r : tables.of<merged::UnhookedRecord>(Table::Unhooked))
    if (r.route < profile::kCudaRoutes && honest(r.times))
      out.unhooked.push_back({text(r.name), text(r.why), r.route, r.times});
    else
      damage.note("a function that was not hooked makes no sense and was left out");
  for (const auto& r : tables.of<merged::DeepbindRecord>(Table::Deepbinds))
    out.deepbinds.push_back({text(r.path), honest(r.times) ? r.times : 0});
  for (const auto& r : tables.of<merged::WarningRecord>(Table::Warnings)) {
    out.warnings.push_back(text(r.line));
    if (out.is_merged())
      out.warned_in.push_back(static_cast<std::uint32_t>(std::min<std::uint64_t>(r.processes, 1U << 31)));
  }
  sum_members(out);
  out.damage = damage.lines();
  return out;
}

bool has_merged_magic(std::span<const std::byte> file) noexcept {
  return file.size() >= merged::kMagic.size() &&
         std::memcmp(file.data(), merged::kMagic.data(), merged::kMagic.size()) == 0;
}

}  // namespace weir::tool
