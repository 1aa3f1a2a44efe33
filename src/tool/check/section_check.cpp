// The outcome for people and for programs.
#include <fmt/format.h>

#include <algorithm>

#include "tool/check/findings.hpp"
#include "tool/report/family.hpp"
#include "tool/report/leaks.hpp"
#include "tool/report/words.hpp"

namespace weir::tool {
namespace {

constexpr std::size_t kNamed = 10;  ///< things that one paragraph names

bool is_some(const Counts& counts) { return (counts.live_bytes | counts.live_blocks) != 0; }

std::string title(const Outcome& outcome) {
  if (!outcome.is_passed()) return "Check failed";
  return outcome.is_judged ? "Check passed" : "Check passed as far as could be judged";
}

/// "Lost: 1,024 bytes in 1 block at 1 call site, new against the baseline; --max-lost allows 0 bytes."
std::string measure_text(const Outcome& outcome, const Measure& measure, std::string_view what,
                         std::string_view option) {
  const Profile& profile = outcome.context.profile;
  std::string out = measure.is_over() ? "! " : "";
  if (!outcome.is_judged) out += "As far as is known: ";
  out += fmt::format("{}: {} at {}", what, live_amount(measure.counts, profile),
                     counted(measure.findings.size(), "call site"));
  if (outcome.baseline != nullptr)
    out += fmt::format(" more than in the baseline (now {}, then {})", live_amount(measure.all, profile),
                       live_amount(measure.before, outcome.baseline->profile));
  return out + fmt::format("; {} allows {}{}.", option, counted(*measure.limit, "byte"),
                           measure.is_over() ? ": that is over the limit" : "");
}

/// Which process has it, of several; of what several have, who has most of all that is live there.
std::string whose(const Outcome& outcome, const Site& site) {
  const std::vector<Member>& members = outcome.context.profile.members;
  if (members.size() < 2 || site.most_live_bytes == 0 || site.most_live_in >= members.size()) return "";
  const Process& process = members[site.most_live_in].process;
  const std::string name = fmt::format("{} (pid {})", program_name(process.exe), process.pid);
  if (site.processes == 1 || site.most_live_bytes == site.counts.live_bytes) return ", in " + name;
  return fmt::format(", in {} processes, {} of what is live there in {}", exact(site.processes),
                     percent(site.most_live_bytes, site.counts.live_bytes), name);
}

void findings_text(const Outcome& outcome, const Measure& measure, Section& out) {
  const Context& context = outcome.context;
  const std::size_t shown = std::min(measure.findings.size(), context.options.top);
  for (std::size_t i = 0; i != shown; ++i) {
    const CheckFinding& each = measure.findings[i];
    const std::vector<Frame> frames = context.frames(each.site);
    const Frame* head = headline(frames);
    std::string line = fmt::format("{}. {}", i + 1, live_amount(each.counts, context.profile));
    if (is_some(each.before))
      line += fmt::format(" more than the {} before", live_amount(each.before, outcome.baseline->profile));
    else if (outcome.baseline != nullptr)
      line += ", new";
    if (context.site(each.site).space != Space::Host)
      line += fmt::format(" ({})", where_words(context.site(each.site)));
    line += whose(outcome, context.site(each.site));
    if (head != nullptr) line += " - " + name_of(*head, context.profile.process.cwd);
    out.add(stack_text(std::move(line), context.profile, context.site(each.site), frames));
  }
  if (measure.findings.size() > shown)
    out.say(fmt::format("... and {}. Show them with --top {}.",
                        counted(measure.findings.size() - shown, "more call site"), measure.findings.size()));
}

void doubts_text(const Outcome& outcome, Section& out) {
  if (outcome.doubts.empty()) return;
  std::string head = "Not judged";
  if (outcome.lost.limit && is_some(outcome.unknown))
    head += fmt::format(": of {} it is not known whether they are lost",
                        live_amount(outcome.unknown, outcome.context.profile));
  out.say((outcome.options.allow_unknown ? "" : "! ") + head +
          (outcome.options.allow_unknown ? ". Let pass by --allow-unknown."
                                         : ". --allow-unknown lets that pass."));
  for (std::size_t i = 0; i != std::min(outcome.doubts.size(), kNamed); ++i)
    out.say(fmt::format("  {}: {}.", outcome.doubts[i].who, outcome.doubts[i].why));
  if (outcome.doubts.size() > kNamed)
    out.say(fmt::format("  ... and {}.", counted(outcome.doubts.size() - kNamed, "more of this kind")));
}

void gone_text(const Outcome& outcome, const Measure& measure, std::string_view what, Section& out) {
  const Measure::Gone& gone = measure.gone;
  if (gone.sites == 0 && gone.fewer_sites == 0) return;
  std::string text = fmt::format("Less than in the baseline, {}: {}", what,
                                 live_amount(gone.counts, outcome.baseline->profile));
  if (gone.sites != 0) {
    text += fmt::format("; gone from {} (", counted(gone.sites, "call site"));
    for (std::size_t i = 0; i != std::min(gone.names.size(), kNamed); ++i)
      text += (i == 0 ? "" : ", ") + gone.names[i];
    text += gone.names.size() > kNamed ? " ...)" : ")";
  }
  if (gone.fewer_sites != 0) text += fmt::format("; fewer at {}", counted(gone.fewer_sites, "call site"));
  out.say(text + ".");
}

void baseline_text(const Outcome& outcome, Section& out) {
  if (outcome.baseline == nullptr) return;
  if (const auto& unnamed = outcome.before->symbols.warnings; !unnamed.empty())
    out.say(fmt::format(
        "! The baseline has not all its names, so what is not new may count as new: {}. A baseline that "
        "weir report --format json wrote at its time has them.",
        printable(unnamed.front())));
  if (outcome.baseline->doubts.empty()) return;
  const Doubt& first = outcome.baseline->doubts.front();
  out.say(fmt::format("The baseline knows less than it could, so what is not new may count as new: {}: {}{}.",
                      first.who, first.why, outcome.baseline->doubts.size() > 1 ? ", and others" : ""));
}

void left_out_text(const Outcome& outcome, Section& out) {
  const Leaks& leaks = outcome.context.leaks;
  if (!leaks.suppressed.empty())
    out.say(fmt::format("Left out by suppressions: {} at {}, of these lost: {}.",
                        live_amount(leaks.suppressed_counts, outcome.context.profile),
                        counted(leaks.suppressed.size(), "call site"),
                        live_amount(outcome.suppressed_lost, outcome.context.profile)));
  if (outcome.checked.replaced != 0)
    out.say(fmt::format(
        "{} replaced by another program (exec), whose own end counts: {}, which went with it.",
        outcome.checked.replaced == 1 ? "1 process was" : exact(outcome.checked.replaced) + " processes were",
        live_amount(outcome.checked.replaced_live, outcome.context.profile)));
}

void processes_text(const Outcome& outcome, Section& out) {
  using Align = Table::Column::Align;
  constexpr std::size_t kCommand = 400;
  const std::vector<Checked::Row>& all = outcome.checked.processes;
  if (all.size() < 2) return;
  std::vector<const Checked::Row*> rows;
  for (const Checked::Row& row : all) rows.push_back(&row);
  const auto lost = [](const Checked::Row* row) { return row->lost ? row->lost->bytes : 0; };
  std::stable_sort(rows.begin(), rows.end(), [&](const Checked::Row* a, const Checked::Row* b) {
    return lost(a) != lost(b) ? lost(a) > lost(b) : a->live.live_bytes > b->live.live_bytes;
  });
  Table table{{{"pid"}, {"command", Align::Left}, {"end", Align::Left}, {"live"}, {"lost"}}, {}};
  const std::size_t shown = std::min(rows.size(), std::max<std::size_t>(outcome.context.options.top, 1));
  for (std::size_t i = 0; i != shown; ++i)
    table.rows.push_back({fmt::format("{}", rows[i]->process.pid), command_line(rows[i]->process, kCommand),
                          ending(rows[i]->process), human_bytes(rows[i]->live.live_bytes),
                          rows[i]->lost ? human_bytes(rows[i]->lost->bytes) : "-"});
  out.say(fmt::format("Checked: {}, before suppressions:", counted(all.size(), "profile")));
  out.add(std::move(table));
  if (rows.size() > shown)
    out.say(
        fmt::format("... and {} more. Show them with --top {}.", exact(rows.size() - shown), rows.size()));
}

void people(const Outcome& outcome, Section& out) {
  out.title = title(outcome);
  if (outcome.lost.limit) out.say(measure_text(outcome, outcome.lost, "Lost", "--max-lost"));
  if (outcome.live.limit) out.say(measure_text(outcome, outcome.live, "Live at the end", "--max-live"));
  doubts_text(outcome, out);
  if (outcome.lost.limit) findings_text(outcome, outcome.lost, out);
  if (outcome.live.is_over()) {
    if (outcome.lost.limit && !outcome.lost.findings.empty()) out.say("Live, lost or not:");
    findings_text(outcome, outcome.live, out);
  }
  if (outcome.lost.limit) gone_text(outcome, outcome.lost, "lost", out);
  if (outcome.live.limit) gone_text(outcome, outcome.live, "live", out);
  baseline_text(outcome, out);
  left_out_text(outcome, out);
  processes_text(outcome, out);
}

void put_counts(Sink& sink, const Counts& counts, const Profile& profile) {
  put_estimate(sink, "bytes", counts.live_bytes, counts.spread.live_bytes, profile);
  put_estimate(sink, "blocks", counts.live_blocks, counts.spread.live_blocks, profile);
}

void put_measure(Sink& sink, const Outcome& outcome, const Measure& measure) {
  const Profile& profile = outcome.context.profile;
  sink.member("limit_bytes", measure.limit);
  sink.member("over", measure.is_over());
  put_counts(sink, measure.counts, profile);
  sink.object("now", [&] { put_counts(sink, measure.all, profile); });
  sink.key("baseline");
  if (outcome.baseline == nullptr) {
    sink.null();
  } else {
    sink.begin_object();
    put_counts(sink, measure.before, outcome.baseline->profile);
    sink.end_object();
  }
  sink.list("sites", [&] {
    for (const CheckFinding& each : measure.findings) {
      sink.begin_object();
      put_where(sink, outcome.context.site(each.site));
      put_counts(sink, each.counts, profile);
      sink.member("baseline_bytes", each.before.live_bytes);
      sink.member("baseline_blocks", each.before.live_blocks);
      put_spread(sink, outcome.context.site(each.site), profile);
      sink.list("frames", [&] { put_frames(sink, outcome.context.frames(each.site)); });
      sink.end_object();
    }
  });
  sink.object("gone", [&] {
    put_counts(sink, measure.gone.counts, profile);
    sink.member("sites", measure.gone.sites);
    sink.member("fewer_at_sites", measure.gone.fewer_sites);
    sink.list("functions", [&] {
      for (const std::string& each : measure.gone.names) sink.put(each);
    });
  });
}

void put_doubts(Sink& sink, std::string_view name, const std::vector<Doubt>& doubts) {
  sink.list(name, [&] {
    for (const Doubt& each : doubts) {
      sink.begin_object();
      sink.member("who", each.who);
      sink.member("why", each.why);
      sink.end_object();
    }
  });
}

void put_check(Sink& sink, const Outcome& outcome) {
  const Profile& profile = outcome.context.profile;
  const Leaks& leaks = outcome.context.leaks;
  sink.begin_object();
  sink.member("passed", outcome.is_passed());
  sink.member("judged", outcome.is_judged);
  sink.member("allow_unknown", outcome.options.allow_unknown);
  sink.object("lost", [&] { put_measure(sink, outcome, outcome.lost); });
  sink.object("live", [&] { put_measure(sink, outcome, outcome.live); });
  sink.object("unknown", [&] { put_counts(sink, outcome.unknown, profile); });
  put_doubts(sink, "doubts", outcome.doubts);
  put_doubts(sink, "baseline_doubts",
             outcome.baseline == nullptr ? std::vector<Doubt>{} : outcome.baseline->doubts);
  sink.object("suppressed", [&] {
    put_counts(sink, leaks.suppressed_counts, profile);
    sink.member("sites", leaks.suppressed.size());
    sink.member("lost_bytes", outcome.suppressed_lost.live_bytes);
    sink.member("lost_blocks", outcome.suppressed_lost.live_blocks);
  });
  sink.object("replaced_by_exec", [&] {
    sink.member("processes", outcome.checked.replaced);
    put_counts(sink, outcome.checked.replaced_live, profile);
  });
  sink.list("processes", [&] {
    for (const Checked::Row& row : outcome.checked.processes) {
      sink.begin_object();
      sink.member("pid", row.process.pid);
      sink.member("exe", row.process.exe.empty() ? std::nullopt : std::optional{row.process.exe});
      sink.member("profile", row.file);
      put_ending(sink, row.process);
      sink.member("live_bytes", row.live.live_bytes);
      sink.member("lost_bytes", row.lost ? std::optional{row.lost->bytes} : std::nullopt);
      sink.end_object();
    }
  });
  sink.end_object();
}

}  // namespace

Section check_section(const Outcome& outcome) {
  Section out;
  people(outcome, out);
  out.data = [&outcome](Sink& sink) { put_check(sink, outcome); };
  return out;
}

}  // namespace weir::tool
