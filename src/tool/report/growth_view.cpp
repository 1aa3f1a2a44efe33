// A site's growth in a few lines.
#include "tool/report/growth_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tool/report/words.hpp"

namespace weir::tool {
namespace {

std::uint64_t magnitude(std::int64_t n) {
  return n < 0 ? std::uint64_t{0} - static_cast<std::uint64_t>(n) : static_cast<std::uint64_t>(n);
}
char sign(std::int64_t n) { return n < 0 ? '-' : '+'; }

std::string signed_bytes(std::int64_t n) { return fmt::format("{}{}", sign(n), human_bytes(magnitude(n))); }

/// Slow growth is told by the hour: that is how long one waits for it.
std::string rate_words(double bytes_per_second) {
  const auto amount = [](double n) {
    return human_bytes(static_cast<std::uint64_t>(std::min(std::abs(n), 0x1p62)));
  };
  const std::string minus = bytes_per_second < 0 ? "-" : "";
  return std::abs(bytes_per_second) >= 1024
             ? fmt::format("{}{} a second", minus, amount(bytes_per_second))
             : fmt::format("{}{} an hour", minus, amount(bytes_per_second * 3600));
}

std::string growth_words(const SiteGrowth& site, const Profile& profile) {
  const std::int64_t bytes = site.growth_bytes(), blocks = site.growth_blocks();
  std::string out =
      fmt::format("{}{} bytes in {}{}", sign(bytes), exact(magnitude(bytes), site.bytes_variance, profile),
                  sign(blocks), counted(magnitude(blocks), "block"));
  if (site.bytes_per_second) out += fmt::format(", {}", rate_words(*site.bytes_per_second));
  return out;
}

/// What the site did between the readings of one run.
std::vector<std::string> doings(const SiteGrowth& site, std::size_t intervals) {
  std::vector<std::string> out;
  out.push_back(fmt::format("since then {} allocated, {} freed", counted(site.allocated_blocks, "block"),
                            site.freed_blocks == 0 ? "none" : exact(site.freed_blocks)));
  if (site.then_blocks != 0)
    out.back() += fmt::format("; of the {} that were live, {} still are", exact(site.then_blocks),
                              site.survivors == site.then_blocks ? "all"
                              : site.survivors == 0              ? "perhaps none"
                                                                 : "at least " + exact(site.survivors));
  if (intervals > 1)
    out.push_back(fmt::format("grew in {} of {} intervals, shrank in {}", site.grew_in, intervals,
                              site.shrank_in == 0 ? "none" : std::to_string(site.shrank_in)));
  return out;
}

std::uint64_t age_ns(const Site& site, const Growth& growth) {
  const std::uint64_t now = growth.readings.back().moment.at_ns,
                      first = std::uint64_t{site.first_ms} * 1'000'000;
  return now > first ? now - first : 0;
}

std::string verdict_words(const SiteGrowth& site, const Judgement& verdict) {
  std::string out;
  const auto amount = [](const Judgement::Amount& of) {
    return fmt::format("{} bytes in {}", exact(of.bytes), counted(of.blocks, "block"));
  };
  if (verdict.lost().blocks != 0) out = "lost: " + amount(verdict.lost());
  if (site.lost_bytes && *site.lost_bytes != 0)
    out += fmt::format("{}, {}{} since then", out.empty() ? "lost: none" : "", sign(*site.lost_bytes),
                       exact(magnitude(*site.lost_bytes)));
  if (verdict.reachable.blocks != 0)
    out += fmt::format("{}reachable: {}", out.empty() ? "" : "; ", amount(verdict.reachable));
  return out;
}

StackText grower_text(const Growth& growth, const SiteGrowth& site, const Grower& who, std::size_t rank) {
  const Frame* head = headline(who.frames);
  std::string line = fmt::format("{}. {}", rank, growth_words(site, who.profile));
  if (who.site.space != Space::Host) line += fmt::format(" ({})", where_words(who.site));
  if (head != nullptr) line += " - " + name_of(*head, who.profile.process.cwd);
  StackText out = stack_text(std::move(line), who.profile, who.site, who.frames);
  std::vector<std::string> facts;
  facts.push_back(
      fmt::format("now {} bytes in {}", exact(site.now_bytes), counted(site.now_blocks, "block")));
  if (growth.is_one_run)
    facts.back() += fmt::format("; the first one {} ago", human_seconds(age_ns(who.site, growth)));
  else
    facts.back() +=
        fmt::format("; before {} bytes in {}", exact(site.then_bytes), counted(site.then_blocks, "block"));
  if (growth.is_one_run)
    for (std::string& fact : doings(site, growth.intervals())) facts.push_back(std::move(fact));
  if (std::string verdict = verdict_words(site, who.verdict); !verdict.empty())
    facts.push_back(std::move(verdict));
  std::vector<StackText::Line> lines;
  for (std::string& fact : facts) lines.push_back({std::move(fact), ""});
  out.lines.insert(out.lines.begin(), lines.begin(), lines.end());
  return out;
}

Table sites_table(const Growth& growth, const std::vector<const SiteGrowth*>& sites, const WhoGrows& who,
                  std::size_t most) {
  using Align = Table::Column::Align;
  const bool shows_swings = growth.is_one_run && growth.intervals() > 1;
  Table out{{{"change", Align::Right}, {"now", Align::Right}}, {}};
  if (shows_swings) out.columns.insert(out.columns.end(), {{"grew", Align::Right}, {"shrank", Align::Right}});
  out.columns.insert(out.columns.end(), {{"function", Align::Left}, {"at", Align::Left}});
  for (std::size_t i = 0; i != std::min(most, sites.size()); ++i) {
    const SiteGrowth& site = *sites[i];
    const Grower grower = who(site);
    const Frame* head = headline(grower.frames);
    std::vector<std::string> row{signed_bytes(site.growth_bytes()), human_bytes(site.now_bytes)};
    if (shows_swings)
      for (const std::uint32_t times : {site.grew_in, site.shrank_in})
        row.push_back(fmt::format("{} of {}", times, growth.intervals()));
    row.push_back(head == nullptr ? "(no call stack)" : function_of(*head));
    row.push_back(head == nullptr ? "" : place_of(*head, grower.profile.process.cwd));
    out.rows.push_back(std::move(row));
  }
  return out;
}

std::vector<const SiteGrowth*> of_trend(const Growth& growth, Trend trend) {
  std::vector<const SiteGrowth*> out;
  for (const SiteGrowth& site : growth.sites)
    if (site.trend == trend) out.push_back(&site);
  return out;
}

std::int64_t sum(const std::vector<const SiteGrowth*>& sites) {
  std::int64_t out = 0;
  for (const SiteGrowth* site : sites)
    if (__builtin_add_overflow(out, site->growth_bytes(), &out)) break;
  return out;
}

void more(std::size_t all, std::size_t shown, Section& out) {
  if (all > shown) out.say(fmt::format("... and {} more. Show them with --top {}.", all - shown, all));
}

void put_site(Sink& sink, const Growth& growth, const SiteGrowth& site, const Grower& who) {
  const auto of_one_run = [&](auto value) { return growth.is_one_run ? std::optional{value} : std::nullopt; };
  const bool is_judged = !who.verdict.is_empty();
  const auto judged = [&](std::uint64_t value) { return is_judged ? std::optional{value} : std::nullopt; };
  sink.begin_object();
  put_where(sink, who.site);
  sink.member("trend", trend_name(site.trend));
  sink.member("bytes", site.growth_bytes());
  if (who.profile.is_sampled()) sink.member("bytes_stderr", std::sqrt(std::max(0.0, site.bytes_variance)));
  sink.member("blocks", site.growth_blocks());
  sink.member("then_bytes", site.then_bytes);
  sink.member("then_blocks", site.then_blocks);
  sink.member("now_bytes", site.now_bytes);
  sink.member("now_blocks", site.now_blocks);
  sink.member("bytes_per_second", site.bytes_per_second);
  sink.member("blocks_per_second", site.blocks_per_second);
  sink.member("first_s", of_one_run(static_cast<double>(who.site.first_ms) / 1e3));
  sink.member("age_s",
              of_one_run(static_cast<double>(growth.is_one_run ? age_ns(who.site, growth) : 0) / 1e9));
  sink.member("allocated_blocks", of_one_run(site.allocated_blocks));
  sink.member("freed_blocks", of_one_run(site.freed_blocks));
  sink.member("survivors_at_least", of_one_run(site.survivors));
  sink.member("new_high", of_one_run(site.is_new_high));
  sink.member("grew_in", site.grew_in);
  sink.member("shrank_in", site.shrank_in);
  sink.list("live_bytes", [&] {
    for (const std::uint64_t bytes : site.bytes) sink.put(bytes);
  });
  sink.member("lost_bytes", judged(who.verdict.lost().bytes));
  sink.member("lost_blocks", judged(who.verdict.lost().blocks));
  sink.member("lost_growth_bytes", site.lost_bytes);
  sink.member("lost_growth_blocks", site.lost_blocks);
  sink.member("reachable_bytes", judged(who.verdict.reachable.bytes));
  sink.member("reachable_blocks", judged(who.verdict.reachable.blocks));
  sink.list("frames", [&] { put_frames(sink, who.frames); });
  sink.end_object();
}

/// Of which memory, where it is not the host's alone.
std::string spaces_words(const Growth& growth) {
  const auto live = [](const Reading& reading, std::size_t space) {
    return reading.spaces[space].live_bytes;
  };
  const Reading &first = growth.readings.front(), &last = growth.readings.back();
  std::string out;
  bool is_host_alone = true;
  for (std::size_t space = 0; space != profile::kSpaces; ++space) {
    const std::uint64_t then = live(first, space), now = live(last, space);
    if (then == 0 && now == 0) continue;
    is_host_alone = is_host_alone && static_cast<Space>(space) == Space::Host;
    out += fmt::format("{} {} from {} to {}", out.empty() ? " Of that" : ",",
                       space_name(static_cast<Space>(space)), human_bytes(then), human_bytes(now));
  }
  return is_host_alone ? "" : out + ".";
}

}  // namespace

std::string totals_words(const Growth& growth) {
  const std::uint64_t then = growth.readings.front().totals.live_bytes,
                      now = growth.readings.back().totals.live_bytes;
  std::string change = signed_bytes(static_cast<std::int64_t>(now) - static_cast<std::int64_t>(then));
  if (growth.bytes_per_second) change += ", " + rate_words(*growth.bytes_per_second);
  return fmt::format("Live memory went from {} to {} ({}).{}", human_bytes(then), human_bytes(now), change,
                     spaces_words(growth));
}

void growth_text(const Growth& growth, const WhoGrows& who, const ReportOptions& options,
                 bool shows_shrinking, Section& out) {
  const auto growing = of_trend(growth, Trend::Growing), uneven = of_trend(growth, Trend::Uneven),
             shrinking = of_trend(growth, Trend::Shrinking);
  const auto verb = [](std::size_t n, const char* one, const char* many) { return n == 1 ? one : many; };
  if (growing.empty())
    out.say(growth.is_one_run ? "No call site grew steadily and beyond what it had held before."
                              : "No call site has more.");
  else
    out.say(fmt::format("{} {}{}, {} in all:", counted(growing.size(), "call site"),
                        growth.is_one_run ? verb(growing.size(), "grows", "grow")
                                          : verb(growing.size(), "has more", "have more"),
                        growth.is_one_run ? " steadily" : "", signed_bytes(sum(growing))));
  const std::size_t shown = std::min(growing.size(), options.top);
  for (std::size_t i = 0; i != shown; ++i) out.add(grower_text(growth, *growing[i], who(*growing[i]), i + 1));
  more(growing.size(), shown, out);
  if (!uneven.empty()) {
    out.say(
        fmt::format("{} more {} above where {} began, but went down between or had held as much before, as "
                    "caches and buffers do:",
                    counted(uneven.size(), "call site"), verb(uneven.size(), "stands", "stand"),
                    verb(uneven.size(), "it", "they")));
    out.add(sites_table(growth, uneven, who, options.top));
    more(uneven.size(), options.top, out);
  }
  if (shrinking.empty()) return;
  out.say(fmt::format("{} {} less, {} in all{}", counted(shrinking.size(), "call site"),
                      verb(shrinking.size(), "has", "have"), signed_bytes(sum(shrinking)),
                      shows_shrinking ? ":" : "."));
  if (!shows_shrinking) return;
  out.add(sites_table(growth, shrinking, who, options.top));
  more(shrinking.size(), options.top, out);
}

void put_growing_sites(Sink& sink, const Growth& growth, const WhoGrows& who) {
  sink.begin_list();
  for (const SiteGrowth& site : growth.sites) put_site(sink, growth, site, who(site));
  sink.end_list();
}

}  // namespace weir::tool
