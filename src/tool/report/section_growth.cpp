// What grows in a process that still runs: its file read several times, a moment apart.
#include <fmt/format.h>

#include "tool/report/context.hpp"
#include "tool/report/growth_view.hpp"
#include "tool/report/words.hpp"

namespace weir::tool {
namespace {

std::string why_not(const Context& context) {
  if (context.profile.is_merged()) return "several processes are told as one";
  if (context.profile.process.ending == Ending::Unknown) return "this is a copy of the process's profile";
  if (context.profile.process.ending != Ending::Running) return "the process has ended";
  return context.options.no_growth.empty() ? "nobody watched" : context.options.no_growth;
}

}  // namespace

Section section_growth(const Context& context) {
  const Growth* growth = context.options.growth;
  Section out;
  const WhoGrows who = [&context](const SiteGrowth& site) {
    const Site& known = context.site(site.site);
    return Grower{context.profile, known, context.frames(site.site), known.verdict};
  };
  if (growth == nullptr) {
    out.data = [&context](Sink& sink) {
      sink.begin_object();
      sink.member("watched_s", std::nullopt);
      sink.member("readings", 0U);
      sink.member("why", why_not(context));
      sink.list("sites", [] {});
      sink.end_object();
    };
    if (!context.options.only.empty()) out.say(fmt::format("Not known: {}.", why_not(context)));
    return out;
  }
  out.title = fmt::format("What grew within {}", human_seconds(growth->span_ns()));
  out.say(totals_words(*growth));
  growth_text(*growth, who, context.options, false, out);
  out.say(
      fmt::format("{} is short: slow growth needs hours, and what swings slowly may seem to grow. Copy the "
                  "profile now and then (cp), and compare the copies: weir diff COPY COPY...",
                  human_seconds(growth->span_ns())));
  out.data = [growth, who](Sink& sink) {
    sink.begin_object();
    sink.member("watched_s", static_cast<double>(growth->span_ns()) / 1e9);
    sink.member("readings", growth->readings.size());
    sink.member("why", std::nullopt);
    sink.key("sites");
    put_growing_sites(sink, *growth, who);
    sink.end_object();
  };
  return out;
}

}  // namespace weir::tool
