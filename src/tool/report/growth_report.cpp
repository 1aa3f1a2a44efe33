// `weir diff`'s document: which profiles, how their totals went, and the call sites behind that.
#include <fmt/format.h>

#include <algorithm>

#include "tool/compare/site_match.hpp"
#include "tool/report/context.hpp"
#include "tool/report/family.hpp"
#include "tool/report/format.hpp"
#include "tool/report/growth_view.hpp"
#include "tool/report/words.hpp"

namespace weir::tool {
namespace {

/// Only what changed needs names here.
std::vector<std::uint32_t> changed_sites(const Growth& growth) {
  std::vector<std::uint32_t> out;
  for (const SiteGrowth& site : growth.sites) out.push_back(site.site);
  return out;
}

std::string moments_words(const std::vector<Reading>& readings) {
  constexpr std::size_t kNamed = 6;
  const auto at = [&](std::size_t i) { return human_seconds(readings[i].moment.at_ns); };
  const std::size_t last = readings.size() - 1;
  if (readings.size() > kNamed)
    return fmt::format("at {} moments, from {} to {}", readings.size(), at(0), at(last));
  std::string out = at(0);
  for (std::size_t i = 1; i <= last; ++i) out += (i == last ? " and " : ", ") + at(i);
  return out;
}

/// What makes numbers less than exact.
void caveats(const Growth& growth, const Profile& newest, Section& out) {
  const auto has = [&](Moment::Basis basis) {
    return growth.is_one_run &&
           std::any_of(growth.readings.begin(), growth.readings.end(),
                       [&](const Reading& reading) { return reading.moment.basis == basis; });
  };
  if (has(Moment::Basis::FileTime))
    out.say("When a copy was made is told by its file's time: rates are as good as that.");
  if (has(Moment::Basis::LastSeen))
    out.say(
        "The time of some copy's file says nothing. Its moment is that at which the process last looked at "
        "its "
        "clock, which each thread does once in 1,024 operations: rates are as good as that.");
  if (newest.is_sampled())
    out.say(
        "Numbers of host memory are estimates; a change by less than two standard errors counts as none.");
  if (growth.is_one_run && newest.scan && newest.scan->has_verdicts() && newest.scan->looks != 0)
    out.say(fmt::format(
        "What is lost and reachable is as of {} after the start, when the heap was last looked through.",
        human_seconds(newest.scan->at_ns)));
  for (const Reading& reading : growth.readings)
    if (reading.dropped != 0)
      out.say(fmt::format("{} found no room in {}: what they counted is at no site of its own.",
                          counted(reading.dropped, "record"), printable(reading.name)));
}

constexpr std::string_view kBases[] = {"end", "now", "file_time", "last_seen"};

void put_reading(Sink& sink, const Reading& reading) {
  const Process& process = reading.process;
  sink.begin_object();
  sink.member("file", reading.name);
  sink.member("pid", process.pid == 0 ? std::nullopt : std::optional{process.pid});
  sink.member("exe", process.exe.empty() ? std::nullopt : std::optional{process.exe});
  sink.member("started", started_at(process));
  sink.member("at_s", static_cast<double>(reading.moment.at_ns) / 1e9);
  sink.member("at_by", kBases[static_cast<std::size_t>(reading.moment.basis)]);
  sink.member("live_bytes", reading.totals.live_bytes);
  sink.member("live_blocks", reading.totals.live_blocks);
  sink.object("spaces", [&] {
    for (std::size_t space = 0; space != profile::kSpaces; ++space)
      sink.object(space_name(static_cast<Space>(space)), [&] {
        sink.member("live_bytes", reading.spaces[space].live_bytes);
        sink.member("live_blocks", reading.spaces[space].live_blocks);
      });
  });
  sink.member("records_dropped", reading.dropped);
  sink.end_object();
}

/// The document; `sites` has what people read.
void write(const Growth& growth, const WhoGrows& who, Section sites, const ReportOptions& options,
           std::ostream& out) {
  std::vector<NamedSection> sections;
  const auto add = [&](std::string_view name, std::function<void(Sink&)> data) {
    sections.push_back({name, Section{{}, {}, std::move(data)}});
  };
  add("same_run", [&](Sink& sink) { sink.put(growth.is_one_run); });
  add("profiles", [&](Sink& sink) {
    sink.begin_list();
    for (const Reading& reading : growth.readings) put_reading(sink, reading);
    sink.end_list();
  });
  add("seconds", [&](Sink& sink) {
    sink.put(growth.is_one_run ? std::optional{static_cast<double>(growth.span_ns()) / 1e9} : std::nullopt);
  });
  add("bytes_per_second", [&](Sink& sink) { sink.put(growth.bytes_per_second); });
  add("unchanged_sites", [&](Sink& sink) { sink.put(growth.unchanged); });
  sites.data = [&](Sink& sink) { put_growing_sites(sink, growth, who); };
  sections.push_back({"sites", std::move(sites)});
  write_sections(sections, options, out);
}

std::string run_words(const Reading& reading, const Profile& profile) {
  if (profile.is_merged())
    return fmt::format("{}: {}", printable(reading.name), counted(profile.members.size(), "process"));
  return fmt::format("{}: {} (pid {}), {}, after {}", printable(reading.name),
                     program_name(reading.process.exe), reading.process.pid, ending(reading.process),
                     human_seconds(reading.moment.at_ns));
}

void add(Judgement& sum, const Judgement& more) {
  for (Judgement::Amount Judgement::*part :
       {&Judgement::direct, &Judgement::indirect, &Judgement::reachable}) {
    (sum.*part).blocks += (more.*part).blocks;
    (sum.*part).bytes += (more.*part).bytes;
  }
}

/// The numbers by group.
void regroup(Reading& reading, const std::vector<SiteGroup>& groups,
             std::vector<std::uint32_t> SiteGroup::*list) {
  std::vector<Reading::Site> out(groups.size());
  for (std::size_t i = 0; i != groups.size(); ++i) {
    out[i].exists = true;
    for (const std::uint32_t site : groups[i].*list) out[i].counts += reading.sites[site].counts;
  }
  reading.sites = std::move(out);
}

/// The newer run's where it has any; of several the one that holds most.
Grower who_is(const SiteGroup& group, const Context& before, const Context& after) {
  const Context& context = group.after.empty() ? before : after;
  const std::vector<std::uint32_t>& sites = group.after.empty() ? group.before : group.after;
  const std::uint32_t most =
      *std::max_element(sites.begin(), sites.end(), [&](std::uint32_t a, std::uint32_t b) {
        return context.site(a).counts.live_bytes < context.site(b).counts.live_bytes;
      });
  Grower out{context.profile, context.site(most), context.frames(most), {}};
  for (const std::uint32_t site : group.after) add(out.verdict, context.site(site).verdict);
  return out;
}

}  // namespace

void write_growth(const Growth& growth, const Profile& newest, const ReportOptions& options,
                  std::ostream& out) {
  const Context context = make_context(newest, options, changed_sites(growth));
  const WhoGrows who = [&context](const SiteGrowth& site) {
    const Site& known = context.site(site.site);
    return Grower{context.profile, known, context.frames(site.site), known.verdict};
  };
  Section sites;
  sites.title = fmt::format("{} (pid {}): what grew within {}", program_name(newest.process.exe),
                            newest.process.pid, human_seconds(growth.span_ns()));
  sites.say(
      fmt::format("One run, {} after its start. {}", moments_words(growth.readings), totals_words(growth)));
  growth_text(growth, who, options, true, sites);
  sites.say(fmt::format("{} {} as much as at first.", counted(growth.unchanged, "call site"),
                        growth.unchanged == 1 ? "holds" : "hold"));
  caveats(growth, newest, sites);
  write(growth, who, std::move(sites), options, out);
}

void write_diff(std::vector<Reading> readings, const Profile& before, const Profile& after,
                const ReportOptions& options, std::ostream& out) {
  const std::vector<std::uint32_t> old_sites = reported_sites(before), new_sites = reported_sites(after);
  const Context old_context = make_context(before, options, old_sites),
                new_context = make_context(after, options, new_sites);
  const std::vector<SiteGroup> groups =
      match_sites({before, old_context.symbols, old_sites}, {after, new_context.symbols, new_sites});
  regroup(readings.front(), groups, &SiteGroup::before);
  regroup(readings.back(), groups, &SiteGroup::after);
  const Growth growth = growth_of(std::move(readings), false);
  const WhoGrows who = [&](const SiteGrowth& site) {
    return who_is(groups[site.site], old_context, new_context);
  };
  Section sites;
  sites.title = "What changed from one run to another";
  sites.say(run_words(growth.readings.front(), before) + ".");
  sites.say(run_words(growth.readings.back(), after) + ".");
  sites.say(totals_words(growth));
  growth_text(growth, who, options, true, sites);
  sites.say(fmt::format("{} {} as much in both.", counted(growth.unchanged, "call site"),
                        growth.unchanged == 1 ? "holds" : "hold"));
  caveats(growth, after, sites);
  write(growth, who, std::move(sites), options, out);
}

}  // namespace weir::tool
