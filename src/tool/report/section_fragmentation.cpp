// Where memory is held but unused.
#include <fmt/format.h>

#include <algorithm>

#include "tool/report/context.hpp"
#include "tool/report/fragmentation.hpp"
#include "tool/report/words.hpp"

namespace weir::tool {
namespace {

void put_host(Sink& sink, const Profile& profile) {
  const bool taken = profile.host_stats.has_value();
  const HostStats stats = profile.host_stats.value_or(HostStats{});
  const auto known = [&](std::uint64_t bytes) { return taken ? std::optional{bytes} : std::nullopt; };
  const Held lost = held(profile, stats);
  put_estimate(sink, "requested_bytes", lost.requested, lost.requested_variance, profile);
  sink.member("allocated_bytes", known(stats.allocated));
  sink.member("active_bytes", known(stats.active));
  sink.member("resident_bytes", known(stats.resident));
  sink.member("retained_bytes", known(stats.retained));
  sink.member("mapped_bytes", known(stats.mapped));
  sink.member("metadata_bytes", known(stats.metadata));
  sink.member("cached_bytes", known(stats.cached_bytes));
  sink.member("tag_bytes", known(lost.tags));
  sink.member("internal_bytes", known(lost.rounding));
  if (profile.is_sampled() && taken)
    sink.member("internal_bytes_stderr", static_cast<double>(standard_error(lost.requested_variance)));
  sink.member("external_bytes", known(lost.slabs));
  sink.member("at_seconds", taken ? std::optional{static_cast<double>(stats.at_ns) / 1e9} : std::nullopt);
  sink.list("size_classes", [&] {
    for (const ClassUse& use : class_use(stats)) {
      sink.begin_object();
      sink.member("size", use.record.bytes);
      sink.member("live_blocks", use.record.live_blocks);
      sink.member("capacity_blocks", use.record.capacity_blocks);
      sink.member("utilization", use.utilization);
      sink.member("unused_bytes", use.unused_bytes);
      sink.member("slabs", use.record.slabs);
      sink.member("slab_bytes", use.record.slab_bytes);
      sink.end_object();
    }
  });
  sink.list("sites", [] {});
  sink.member("summary", fmt::format("{}", fmt::join(fragmentation_sentences(profile), " ")));
}

Table class_table(const std::vector<ClassUse>& worst) {
  constexpr std::size_t kRows = 8;
  Table table{{{"block size"}, {"live"}, {"places"}, {"used"}, {"unused"}, {"slabs"}}, {}};
  for (std::size_t i = 0; i != std::min(worst.size(), kRows); ++i) {
    const ClassUse& use = worst[i];
    table.rows.push_back({exact(use.record.bytes), exact(use.record.live_blocks),
                          exact(use.record.capacity_blocks),
                          percent(use.record.live_blocks, use.record.capacity_blocks),
                          human_bytes(use.unused_bytes), exact(use.record.slabs)});
  }
  return table;
}

}  // namespace

Section section_fragmentation(const Context& context) {
  const Profile& profile = context.profile;
  Section out;
  out.title = "Held but unused";
  for (std::string& sentence : fragmentation_sentences(profile)) out.say(std::move(sentence));
  if (profile.host_stats) {
    const std::vector<ClassUse> worst = worst_classes(*profile.host_stats);
    if (!worst.empty()) out.add(class_table(worst));
  }
  out.data = [&profile](Sink& sink) {
    sink.begin_object();
    sink.object("host", [&] { put_host(sink, profile); });
    sink.list("device", [] {});
    sink.object("pinned", [] {});
    sink.end_object();
  };
  return out;
}

}  // namespace weir::tool
