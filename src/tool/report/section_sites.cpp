// Who allocates: who held the peak, who allocates most often, and who frees at once what he asked for.
#include <fmt/format.h>

#include <algorithm>

#include "tool/report/context.hpp"
#include "tool/report/words.hpp"

namespace weir::tool {
namespace {

void put_site(Sink& sink, const Context& context, std::uint32_t number) {
  const Site& site = context.site(number);
  sink.begin_object();
  sink.member("space", space_name(site.space));
  sink.key("device");
  site.space == Space::Device || site.space == Space::Managed ? sink.put(std::uint64_t{site.device})
                                                              : sink.null();
  sink.list("frames", [&] { put_frames(sink, context.frames(number)); });
  const Counts& counts = site.counts;
  const auto put = [&](std::string_view name, std::uint64_t value, double variance) {
    put_estimate(sink, name, value, variance, context.profile);
  };
  put("live_bytes", counts.live_bytes, counts.spread.live_bytes);
  put("live_blocks", counts.live_blocks, counts.spread.live_blocks);
  put("peak_bytes", site.peak_bytes, site.peak_variance);
  sink.member("peak_error_bytes", site.peak_error_bytes);
  put("at_peak_bytes", site.at_peak_bytes, site.at_peak_variance);
  put("allocated_bytes", counts.allocated_bytes, counts.spread.allocated_bytes);
  put("allocated_blocks", counts.allocated_blocks, counts.spread.allocated_blocks);
  put("freed_bytes", counts.freed_bytes, counts.spread.freed_bytes);
  put("freed_blocks", counts.freed_blocks, counts.spread.freed_blocks);
  put("temporary_blocks", counts.temporary_blocks, counts.spread.temporary_blocks);
  sink.member("first_s", static_cast<double>(site.first_ms) / 1e3);
  sink.member("truncated", (site.flags & profile::kSiteTruncated) != 0);
  sink.member("unknown", (site.flags & profile::kSiteUnknown) != 0);
  sink.end_object();
}

/// The sites with the largest `value`, largest first, none of them zero.
template <class Value>
std::vector<std::uint32_t> most(const Context& context, Value&& value) {
  std::vector<std::uint32_t> sites = reported_sites(context.profile);
  std::erase_if(sites, [&](std::uint32_t number) { return value(context.site(number)) == 0; });
  std::stable_sort(sites.begin(), sites.end(), [&](std::uint32_t a, std::uint32_t b) {
    return value(context.site(a)) > value(context.site(b));
  });
  return sites;
}

/// One line per site: who, where, and for what the sites are listed.
template <class Cells>
Table who(const Context& context, std::vector<std::uint32_t> sites, std::vector<std::string> titles,
          Cells&& cells) {
  using Align = Table::Column::Align;
  Table table;
  for (std::string& title : titles) table.columns.push_back({std::move(title), Align::Right});
  table.columns.push_back({"function", Align::Left});
  table.columns.push_back({"at", Align::Left});
  if (sites.size() > context.options.top) sites.resize(context.options.top);
  for (const std::uint32_t number : sites) {
    std::vector<std::string> row = cells(context.site(number));
    const std::vector<Frame> frames = context.frames(number);
    const Frame* head = headline(frames);
    row.push_back(head == nullptr ? "(no call stack)" : function_of(*head));
    row.push_back(head == nullptr ? "" : place_of(*head, context.profile.process.cwd));
    table.rows.push_back(std::move(row));
  }
  return table;
}

void peak_text(const Context& context, Section& out) {
  const SpaceTotals& host = context.profile.spaces[0];
  const auto sites = most(context, [](const Site& site) { return site.at_peak_bytes; });
  if (sites.empty()) return;
  out.say(fmt::format("Who held the peak of {}, {} after the start:",
                      human_bytes(host.peak_bytes, host.peak_variance, context.profile),
                      human_seconds(host.peak_at_ns)));
  out.add(who(context, sites, {"held", "share"}, [&](const Site& site) {
    const std::uint64_t peak = context.profile.spaces[static_cast<std::size_t>(site.space)].peak_bytes;
    return std::vector{human_bytes(site.at_peak_bytes, site.at_peak_variance, context.profile),
                       percent(site.at_peak_bytes, peak)};
  }));
}

void often_text(const Context& context, Section& out) {
  const auto sites = most(context, [](const Site& site) { return site.counts.allocated_blocks; });
  if (sites.empty()) return;
  const std::uint64_t all = context.profile.spaces[0].counts.allocated_blocks;
  out.say("Who allocates most often:");
  out.add(who(context, sites, {"blocks", "share", "mean size"}, [&](const Site& site) {
    const Counts& counts = site.counts;
    const std::uint64_t mean =
        counts.allocated_blocks == 0 ? 0 : counts.allocated_bytes / counts.allocated_blocks;
    return std::vector{exact(counts.allocated_blocks, counts.spread.allocated_blocks, context.profile),
                       percent(counts.allocated_blocks, all), human_bytes(mean)};
  }));
}

void temporary_text(const Context& context, Section& out) {
  const auto sites = most(context, [](const Site& site) { return site.counts.temporary_blocks; });
  if (sites.empty()) return;
  out.say("Who frees it again before the next allocation (a buffer kept for reuse would save these):");
  out.add(who(context, sites, {"short-lived", "of its blocks"}, [&](const Site& site) {
    return std::vector{
        exact(site.counts.temporary_blocks, site.counts.spread.temporary_blocks, context.profile),
        percent(site.counts.temporary_blocks, site.counts.allocated_blocks)};
  }));
}

}  // namespace

Section section_sites(const Context& context) {
  Section out;
  out.title = "Who allocates";
  peak_text(context, out);
  often_text(context, out);
  temporary_text(context, out);
  if (out.blocks.empty()) out.say("Nothing was recorded.");
  out.data = [&context](Sink& sink) {
    auto sites = most(
        context, [](const Site& site) { return site.counts.allocated_bytes + site.counts.allocated_blocks; });
    std::stable_sort(sites.begin(), sites.end(), [&](std::uint32_t a, std::uint32_t b) {
      return context.site(a).counts.live_bytes > context.site(b).counts.live_bytes;
    });
    sink.begin_list();
    for (const std::uint32_t number : sites) put_site(sink, context, number);
    sink.end_list();
  };
  return out;
}

}  // namespace weir::tool
