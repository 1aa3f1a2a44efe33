// The moments when memory ran out: what was asked for, what there was, who held the rest.
#include <fmt/format.h>

#include <algorithm>

#include "tool/report/context.hpp"
#include "tool/report/pools.hpp"
#include "tool/report/words.hpp"

namespace weir::tool {
namespace {

using profile::OutOfMemoryRecord;

constexpr std::size_t kHoldersShown = 3;

std::optional<std::uint64_t> known(std::uint64_t n) { return n == 0 ? std::nullopt : std::optional{n}; }

void put_holder(Sink& sink, const Context& context, const OutOfMemoryRecord::Holder& holder) {
  sink.begin_object();
  put_where(sink, context.site(holder.site));
  sink.member("bytes", holder.bytes);
  sink.member("blocks", holder.blocks);
  sink.list("frames", [&] { put_frames(sink, context.frames(holder.site)); });
  sink.end_object();
}

void put_record(Sink& sink, const Context& context, const OutOfMemoryRecord& r) {
  sink.begin_object();
  sink.member("seconds", static_cast<double>(r.at_ns) / 1e9);
  sink.member("space", space_name(r.space));
  sink.member("device", r.space == Space::Pinned ? std::nullopt : std::optional{std::uint64_t{r.device}});
  sink.member("asked_bytes", r.asked);
  sink.member("driver_free_bytes", r.driver_total == 0 ? std::nullopt : std::optional{r.driver_free});
  sink.member("driver_total_bytes", known(r.driver_total));
  sink.member("tracked_bytes", r.tracked);
  sink.member("pool_live_bytes", r.live);
  sink.member("pool_idle_bytes", r.idle);
  sink.member("pool_pending_bytes", r.pending);
  sink.member("largest_idle_bytes", r.largest_idle);
  sink.member("largest_pending_bytes", r.largest_pending);
  sink.member("limit_bytes", known(r.limit));
  sink.member("result", std::uint64_t{r.result});
  sink.member("times", std::uint64_t{r.times});
  sink.member("verdict", out_of_memory_verdict(r));
  sink.list("frames", [&] {
    if (r.site != 0) put_frames(sink, context.frames(r.site));
  });
  sink.list("holders", [&] {
    for (std::uint16_t i = 0; i != r.holder_count; ++i) put_holder(sink, context, r.holders[i]);
  });
  sink.end_object();
}

std::string pool_words(const OutOfMemoryRecord& r) {
  if (r.live + r.idle + r.pending == 0) return {};
  std::string out =
      fmt::format(" weir's pool had {} live, {} idle", human_bytes(r.live), human_bytes(r.idle));
  if (r.idle != 0) out += fmt::format(" (largest piece {})", human_bytes(r.largest_idle));
  return out + fmt::format(" and {} pending; it gave back what it could first.", human_bytes(r.pending));
}

void add_record(const Context& context, const OutOfMemoryRecord& r, std::size_t number, Section& out) {
  std::string head = fmt::format("{}. {} were asked for, {} after the start", number, asked_words(r),
                                 human_seconds(r.at_ns));
  if (r.site == 0)
    out.say(std::move(head));
  else
    out.add(stack_text(std::move(head), context.profile, context.site(r.site), context.frames(r.site)));
  out.say(out_of_memory_verdict(r) + pool_words(r) +
          (r.times > 1 ? fmt::format(" It ran out here {} more.", counted(r.times - 1, "time")) : ""));
  for (std::size_t i = 0; i != std::min<std::size_t>(r.holder_count, kHoldersShown); ++i) {
    const OutOfMemoryRecord::Holder& holder = r.holders[i];
    out.add(stack_text(fmt::format("   {} in {} ({}) were live from here:", human_bytes(holder.bytes),
                                   counted(holder.blocks, "block"), where_words(context.site(holder.site))),
                       context.profile, context.site(holder.site), context.frames(holder.site)));
  }
}

}  // namespace

Section section_out_of_memory(const Context& context) {
  const auto& all = context.profile.out_of_memory;
  Section out;
  if (!all.empty()) {
    out.title = "Out of memory";
    for (std::size_t i = 0; i != std::min(all.size(), context.options.top); ++i)
      add_record(context, all[i], i + 1, out);
    if (all.size() > context.options.top)
      out.say(fmt::format("... and {} more.", all.size() - context.options.top));
  }
  out.data = [&context](Sink& sink) {
    sink.begin_list();
    for (const OutOfMemoryRecord& each : context.profile.out_of_memory) put_record(sink, context, each);
    sink.end_list();
  };
  return out;
}

}  // namespace weir::tool
