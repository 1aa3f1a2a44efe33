// Memory over time.
#include <fmt/format.h>

#include <algorithm>

#include "tool/report/context.hpp"
#include "tool/report/words.hpp"

namespace weir::tool {
namespace {

std::uint64_t at_least_zero(std::int64_t n) { return n < 0 ? 0 : static_cast<std::uint64_t>(n); }

/// The points' values at evenly spaced times; between two points the earlier one holds.
template <class Value>
Chart chart(const std::vector<profile::TimelineRecord>& points, std::string label, Value&& value) {
  constexpr std::size_t kCells = 60;
  Chart out{std::move(label), {}, {}};
  const std::uint64_t begin = points.front().at_ns, span = points.back().at_ns - begin;
  std::size_t at = 0;
  std::uint64_t highest = 0;
  for (const auto& point : points) highest = std::max(highest, value(point));
  for (std::size_t cell = 0; cell != kCells; ++cell) {
    const std::uint64_t until = begin + static_cast<std::uint64_t>(static_cast<double>(span) *
                                                                   static_cast<double>(cell + 1) / kCells);
    std::uint64_t most = value(points[at]);
    for (; at + 1 < points.size() && points[at + 1].at_ns <= until; ++at)
      most = std::max(most, value(points[at + 1]));
    out.values.push_back(static_cast<double>(most));
  }
  out.note = fmt::format("up to {}", human_bytes(highest));
  return out;
}

template <class Value>
void add_chart(Section& out, const std::vector<profile::TimelineRecord>& points, const char* label,
               Value&& value) {
  if (std::any_of(points.begin(), points.end(), [&](const auto& point) { return value(point) != 0; }))
    out.add(chart(points, label, value));
}

}  // namespace

Section section_timeline(const Context& context) {
  const Profile& profile = context.profile;
  const auto& points = profile.timeline;
  Section out;
  if (points.size() > 1) {
    out.title = "Over time";
    const auto live = [](Space space) {
      return [space](const profile::TimelineRecord& p) {
        return at_least_zero(p.live[static_cast<std::size_t>(space)]);
      };
    };
    add_chart(out, points, "host", live(Space::Host));
    add_chart(out, points, "device", live(Space::Device));
    add_chart(out, points, "pinned", live(Space::Pinned));
    add_chart(out, points, "managed", live(Space::Managed));
    add_chart(out, points, "resident", [](const auto& point) { return point.resident; });
    out.say(fmt::format("{}from {} to {} after the start, {}",
                        profile.is_merged() ? "all processes together, " : "",
                        human_seconds(points.front().at_ns), human_seconds(points.back().at_ns),
                        counted(points.size(), "point")));
    if (profile.is_merged())
      out.say(fmt::format(
          "What each process last had noted at moments {} apart; shorter lives and peaks fall between.",
          human_seconds(profile.timeline_step_ns)));
  }
  out.data = [&profile, &points](Sink& sink) {
    sink.begin_list();
    for (const auto& point : points) {
      sink.begin_object();
      sink.member("seconds", static_cast<double>(point.at_ns) / 1e9);
      put_estimate(sink, "host_live", at_least_zero(point.live[0]), point.host_live_variance, profile);
      sink.member("device_live", at_least_zero(point.live[1]));
      sink.member("device_reserved",
                  point.device_reserved == 0 ? std::nullopt : std::optional{point.device_reserved});
      sink.member("pinned_live", at_least_zero(point.live[2]));
      sink.member("managed_live", at_least_zero(point.live[3]));
      sink.member("resident", point.resident == 0 ? std::nullopt : std::optional{point.resident});
      sink.end_object();
    }
    sink.end_list();
  };
  return out;
}

}  // namespace weir::tool
