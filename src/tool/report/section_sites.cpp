// Who allocates: who held the peak, who allocates most often, and who frees at once what he asked for.
#include <fmt/format.h>

#include <algorithm>

#include "tool/report/context.hpp"
#include "tool/report/family.hpp"
#include "tool/report/words.hpp"

namespace weir::tool {
namespace {

void put_site(Sink& sink, const Context& context, std::uint32_t number) {
  const Site& site = context.site(number);
  sink.begin_object();
  put_where(sink, site);
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
  put_spread(sink, site, context.profile);
  sink.member("first_s", static_cast<double>(site.first_ms) / 1e3);
  sink.member("truncated", (site.flags & profile::kSiteTruncated) != 0);
  sink.member("unknown", (site.flags & profile::kSiteUnknown) != 0);
  sink.end_object();
}

/// The sites with the largest `value`, largest first, none of them zero, of those that `belong`.
template <class Belongs, class Value>
std::vector<std::uint32_t> most(const Context& context, Belongs&& belongs, Value&& value) {
  std::vector<std::uint32_t> sites = reported_sites(context.profile);
  std::erase_if(sites, [&](std::uint32_t number) {
    return !belongs(context.site(number)) || value(context.site(number)) == 0;
  });
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
  for (std::string& title : titles) {
    const Align align = title == "memory" ? Align::Left : Align::Right;
    table.columns.push_back({std::move(title), align});
  }
  if (context.profile.is_merged()) table.columns.push_back({"processes", Align::Right});
  table.columns.push_back({"function", Align::Left});
  table.columns.push_back({"at", Align::Left});
  if (sites.size() > context.options.top) sites.resize(context.options.top);
  for (const std::uint32_t number : sites) {
    std::vector<std::string> row = cells(context.site(number));
    const std::vector<Frame> frames = context.frames(number);
    const Frame* head = headline(frames);
    if (context.profile.is_merged()) row.push_back(exact(context.site(number).processes));
    row.push_back(head == nullptr ? "(no call stack)" : function_of(*head));
    row.push_back(head == nullptr ? "" : place_of(*head, context.profile.process.cwd));
    table.rows.push_back(std::move(row));
  }
  return table;
}

auto in_space(Space space) {
  return [space](const Site& site) { return site.space == space; };
}
bool is_host(const Site& site) { return site.space == Space::Host; }
bool is_cuda(const Site& site) { return site.space != Space::Host; }

void peak_text(const Context& context, Space space, Section& out) {
  const SpaceTotals& totals = context.profile.space(space);
  const auto sites = most(context, in_space(space), [](const Site& site) { return site.at_peak_bytes; });
  if (sites.empty()) return;
  const std::string amount = human_bytes(totals.peak_bytes, totals.peak_variance, context.profile);
  const std::string memory = context.profile.has_cuda() ? " of " + space_words(space) : "";
  if (context.profile.is_merged())
    out.say(
        fmt::format("Who held the processes' peaks, {}{} in sum, each at its own moment:", amount, memory));
  else
    out.say(fmt::format("Who held the peak of {}{}, {} after the start:", amount, memory,
                        human_seconds(totals.peak_at_ns)));
  const auto cells = [&](const Site& site) {
    return std::vector{human_bytes(site.at_peak_bytes, site.at_peak_variance, context.profile),
                       percent(site.at_peak_bytes, totals.peak_bytes)};
  };
  if (space == Space::Host) return out.add(who(context, sites, {"held", "share"}, cells));
  out.add(who(context, sites, {"held", "share", "memory"}, [&](const Site& site) {
    auto row = cells(site);
    row.push_back(where_words(site));
    return row;
  }));
}

std::string mean_size(const Counts& counts) {
  return human_bytes(counts.allocated_blocks == 0 ? 0 : counts.allocated_bytes / counts.allocated_blocks);
}

void often_text(const Context& context, Section& out) {
  const auto blocks = [](const Site& site) { return site.counts.allocated_blocks; };
  const auto cells = [&](const Site& site, std::uint64_t all) {
    const Counts& counts = site.counts;
    return std::vector{exact(counts.allocated_blocks, counts.spread.allocated_blocks, context.profile),
                       percent(counts.allocated_blocks, all), mean_size(counts)};
  };
  if (const auto sites = most(context, is_host, blocks); !sites.empty()) {
    out.say("Who allocates most often:");
    const std::uint64_t all = context.profile.space(Space::Host).counts.allocated_blocks;
    out.add(who(context, sites, {"blocks", "share", "mean size"},
                [&](const Site& site) { return cells(site, all); }));
  }
  const auto sites = most(context, is_cuda, blocks);
  if (sites.empty()) return;
  std::uint64_t all = 0;
  for (const std::uint32_t number : sites) all += context.site(number).counts.allocated_blocks;
  out.say("Who allocates CUDA memory most often (what weir's pools do not serve goes to the driver):");
  out.add(who(context, sites, {"blocks", "share", "mean size", "memory"}, [&](const Site& site) {
    auto row = cells(site, all);
    row.push_back(where_words(site));
    return row;
  }));
}

void temporary_text(const Context& context, Section& out) {
  const auto blocks = [](const Site& site) { return site.counts.temporary_blocks; };
  const auto cells = [&](const Site& site) {
    return std::vector{
        exact(site.counts.temporary_blocks, site.counts.spread.temporary_blocks, context.profile),
        percent(site.counts.temporary_blocks, site.counts.allocated_blocks)};
  };
  if (const auto sites = most(context, is_host, blocks); !sites.empty()) {
    out.say("Who frees it again before the next allocation (a buffer kept for reuse would save these):");
    out.add(who(context, sites, {"short-lived", "of its blocks"}, cells));
  }
  if (const auto sites = most(context, is_cuda, blocks); !sites.empty()) {
    out.say("Who frees CUDA memory again before the thread's next CUDA allocation:");
    out.add(who(context, sites, {"short-lived", "of its blocks"}, cells));
  }
}

}  // namespace

Section section_sites(const Context& context) {
  Section out;
  out.title = "Who allocates";
  for (const Space space : {Space::Device, Space::Managed, Space::Pinned, Space::Host})
    peak_text(context, space, out);
  often_text(context, out);
  temporary_text(context, out);
  if (out.blocks.empty()) out.say("Nothing was recorded.");
  out.data = [&context](Sink& sink) {
    auto sites = reported_sites(context.profile);
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
