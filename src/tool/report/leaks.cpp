#include "tool/report/leaks.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace weir::tool {
namespace {

using profile::ReleasedBy;
using profile::ReleaseRecord;

struct How {
  std::string_view name, words;
};
const How& how(const ReleaseRecord& record) {
  static constexpr How kHow[] = {{"none", "released"},
                                 {"context_destroyed", "released when its context was destroyed"},
                                 {"device_reset", "released when the device was reset"},
                                 {"module_unloaded", "released when its module was unloaded"}};
  return kHow[static_cast<std::size_t>(record.how)];
}

StackText record_text(const Context& context, const ReleaseRecord& record, std::size_t rank) {
  const Site& site = context.site(record.site);
  const std::vector<Frame> frames = context.frames(record.site),
                           enders = context.frames(record.released_site);
  const Frame *head = headline(frames), *ender = headline(enders);
  const std::string& cwd = context.profile.process.cwd;
  std::string line =
      fmt::format("{}. {} bytes in {} ({}){}", rank, exact(record.bytes), counted(record.blocks, "block"),
                  where_words(site), head == nullptr ? "" : " - " + name_of(*head, cwd));
  StackText out = stack_text(std::move(line), context.profile, site, frames);
  std::string end = fmt::format("{}, {} after the start", how(record).words, human_seconds(record.last_ns));
  if (ender != nullptr) end += fmt::format(", by {}", name_of(*ender, cwd));
  if (ender != nullptr && ender->function) end += fmt::format(" ({})", place_of(*ender, cwd));
  out.lines.push_back({std::move(end), ""});
  return out;
}

}  // namespace

std::vector<LeakGroup> leak_groups(const LeakList& list, const Context& context) {
  std::vector<LeakGroup> out;
  for (const Space space : {Space::Device, Space::Managed, Space::Pinned, Space::Host}) {
    LeakGroup group{space, {}};
    for (const Leak& leak : list.leaks)
      if (context.site(leak.site).space == space) group.list.add(leak);
    if (!group.list.leaks.empty()) out.push_back(std::move(group));
  }
  return out;
}

bool is_judged(const Context& context) {
  return context.profile.scan && context.profile.scan->has_verdicts();
}

std::string lost_amount(const Context& context) {
  const LeakList& lost = context.leaks.lost;
  return fmt::format("{} that nothing points to any more, allocated at {}",
                     live_amount(lost.counts, context.profile), counted(lost.leaks.size(), "call site"));
}

std::string reachable_amount(const Context& context) {
  const LeakList& reachable = context.leaks.reachable;
  return fmt::format("{} at {}", live_amount(reachable.counts, context.profile),
                     counted(reachable.leaks.size(), "call site"));
}

std::string live_amount(const Counts& counts, const Profile& profile) {
  return fmt::format("{} bytes in {}", exact(counts.live_bytes, counts.spread.live_bytes, profile),
                     counted(counts.live_blocks, counts.spread.live_blocks, "block", profile));
}

std::string released_amount(const Leaks& leaks) {
  std::vector<std::uint32_t> sites;
  for (const ReleaseRecord& record : leaks.released) sites.push_back(record.site);
  std::sort(sites.begin(), sites.end());
  sites.erase(std::unique(sites.begin(), sites.end()), sites.end());
  return fmt::format("{} bytes in {}, allocated at {}", exact(leaks.released_counts.live_bytes),
                     counted(leaks.released_counts.live_blocks, "block"), counted(sites.size(), "call site"));
}

void released_text(const Context& context, Section& out) {
  const Leaks& leaks = context.leaks;
  if (leaks.released.empty()) return;
  out.say(fmt::format("Never freed either, but released when a context, a device or a module ended: {}.",
                      released_amount(leaks)));
  const std::size_t shown = std::min(leaks.released.size(), context.options.top);
  for (std::size_t i = 0; i != shown; ++i) out.add(record_text(context, leaks.released[i], i + 1));
  if (leaks.released.size() > shown)
    out.say(fmt::format("... and {} more. Show them with --top {}.", leaks.released.size() - shown,
                        leaks.released.size()));
}

void put_released(Sink& sink, const Context& context) {
  const Leaks& leaks = context.leaks;
  const auto put = [&](std::string_view name, std::uint64_t value) {
    put_estimate(sink, name, value, 0, context.profile);
  };
  put("bytes", leaks.released_counts.live_bytes);
  put("blocks", leaks.released_counts.live_blocks);
  sink.list("sites", [&] {
    for (const ReleaseRecord& record : leaks.released) {
      sink.begin_object();
      put_where(sink, context.site(record.site));
      put("bytes", record.bytes);
      put("blocks", record.blocks);
      sink.member("released_by", how(record).name);
      sink.member("first_s", static_cast<double>(record.first_ns) / 1e9);
      sink.member("last_s", static_cast<double>(record.last_ns) / 1e9);
      sink.list("frames", [&] { put_frames(sink, context.frames(record.site)); });
      sink.list("released_at", [&] {
        if (record.released_site != 0) put_frames(sink, context.frames(record.released_site));
      });
      sink.end_object();
    }
  });
}

}  // namespace weir::tool
