// From the numbers of one site at each reading to its trend.
#include "tool/growth/growth.hpp"

#include <algorithm>
#include <cmath>

namespace weir::tool {
namespace {

/// With so many readings a site may go down between two of them and still be called growing.
constexpr std::size_t kManyReadings = 6;

std::uint64_t minus(std::uint64_t a, std::uint64_t b) noexcept { return a > b ? a - b : 0; }

/// Of the difference of what is live; what was neither allocated nor freed between takes no part in it.
double variance_between(const Counts& a, const Counts& b, bool is_one_run) {
  const double apart = a.spread.live_bytes + b.spread.live_bytes;
  if (!is_one_run) return apart;
  const double between =
      b.spread.allocated_bytes - a.spread.allocated_bytes + b.spread.freed_bytes - a.spread.freed_bytes;
  return std::clamp(between, 0.0, std::max(0.0, apart));
}

/// 1 more, -1 less, 0 the same, or not surely another estimate.
int change(const Counts& a, const Counts& b, bool is_one_run) {
  if (a.live_bytes != b.live_bytes) {
    const double difference = static_cast<double>(b.live_bytes) - static_cast<double>(a.live_bytes);
    const double doubt = 2 * std::sqrt(variance_between(a, b, is_one_run));
    return std::abs(difference) <= doubt ? 0 : difference > 0 ? 1 : -1;
  }
  const bool is_exact = a.spread.live_bytes + b.spread.live_bytes == 0;
  return !is_exact || a.live_blocks == b.live_blocks ? 0 : a.live_blocks < b.live_blocks ? 1 : -1;
}

/// Whether the last reading is above all that the site held at or before the first; of estimates as surely as a change counts.
bool is_new_high(const SiteGrowth& site, const Counts& then, const Counts& now, const Reading::Site& first) {
  if (now.live_bytes == then.live_bytes && now.live_blocks > then.live_blocks) return true;
  if (now.live_bytes <= first.held_before) return false;
  const double more_at_peak = std::max(0.0, first.held_variance - then.spread.live_bytes);
  return static_cast<double>(now.live_bytes - first.held_before) >
         2 * std::sqrt(site.bytes_variance + more_at_peak);
}

/// Moments are known to some milliseconds: over less time a slope would be noise.
constexpr double kShortestSpan = 0.05;

/// The line through the points that is nearest to all; none when hardly any time lies between.
template <class Value>
std::optional<double> slope(std::size_t count, const std::vector<Reading>& readings, Value&& value) {
  double mean_t = 0, mean_v = 0, tv = 0, tt = 0;
  const auto seconds = [&](std::size_t i) { return static_cast<double>(readings[i].moment.at_ns) / 1e9; };
  for (std::size_t i = 0; i != count; ++i) {
    mean_t += seconds(i) / static_cast<double>(count);
    mean_v += value(i) / static_cast<double>(count);
  }
  for (std::size_t i = 0; i != count; ++i) {
    tv += (seconds(i) - mean_t) * (value(i) - mean_v);
    tt += (seconds(i) - mean_t) * (seconds(i) - mean_t);
  }
  if (seconds(count - 1) - seconds(0) < kShortestSpan) return std::nullopt;
  return tv / tt;
}

/// All of the later half above all of the earlier one: it may swing, but its lows rise.
bool rises_as_a_whole(const std::vector<std::uint64_t>& values) {
  if (values.size() < kManyReadings) return false;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  return *std::max_element(values.begin(), middle) < *std::min_element(middle, values.end());
}

Trend trend_of(const SiteGrowth& site, int change_in_all, bool is_one_run) {
  if (change_in_all == 0) return Trend::Level;
  if (change_in_all < 0) return Trend::Shrinking;
  const bool is_steady = site.shrank_in == 0 || rises_as_a_whole(site.bytes);
  return is_steady && (site.is_new_high || !is_one_run) ? Trend::Growing : Trend::Uneven;
}

/// What two looks through the heap have said of a site.
void compare_lost(SiteGrowth& out, const Reading& first, const Reading& last) {
  if (!first.has_verdicts || !last.has_verdicts) return;
  const auto lost = [&](const Reading& reading, std::uint64_t Reading::Site::*field) {
    return out.site < reading.sites.size() ? static_cast<std::int64_t>(reading.sites[out.site].*field) : 0;
  };
  out.lost_bytes = lost(last, &Reading::Site::lost_bytes) - lost(first, &Reading::Site::lost_bytes);
  out.lost_blocks = lost(last, &Reading::Site::lost_blocks) - lost(first, &Reading::Site::lost_blocks);
}

SiteGrowth growth_at(std::uint32_t number, const std::vector<Reading>& readings, bool is_one_run) {
  std::vector<Counts> counts;
  for (const Reading& reading : readings)
    counts.push_back(number < reading.sites.size() ? reading.sites[number].counts : Counts{});
  SiteGrowth out;
  out.site = number;
  const Counts &then = counts.front(), &now = counts.back();
  out.then_bytes = then.live_bytes;
  out.then_blocks = then.live_blocks;
  out.now_bytes = now.live_bytes;
  out.now_blocks = now.live_blocks;
  out.bytes_variance = variance_between(then, now, is_one_run);
  for (const Counts& each : counts) out.bytes.push_back(each.live_bytes);
  for (std::size_t i = 1; i != counts.size(); ++i) {
    const int step = change(counts[i - 1], counts[i], is_one_run);
    out.grew_in += step > 0;
    out.shrank_in += step < 0;
  }
  if (is_one_run) {
    compare_lost(out, readings.front(), readings.back());
    const auto& first = readings.front().sites;
    out.is_new_high = is_new_high(out, then, now, number < first.size() ? first[number] : Reading::Site{});
    out.allocated_blocks = minus(now.allocated_blocks, then.allocated_blocks);
    out.freed_blocks = minus(now.freed_blocks, then.freed_blocks);
    out.survivors = minus(then.live_blocks, out.freed_blocks);
    out.bytes_per_second = slope(counts.size(), readings,
                                 [&](std::size_t i) { return static_cast<double>(counts[i].live_bytes); });
    out.blocks_per_second = slope(counts.size(), readings,
                                  [&](std::size_t i) { return static_cast<double>(counts[i].live_blocks); });
  }
  out.trend = trend_of(out, change(then, now, is_one_run), is_one_run);
  return out;
}

/// Growing, uneven, shrinking; in each the largest change first.
bool comes_first(const SiteGrowth& a, const SiteGrowth& b) {
  if (a.trend != b.trend) return a.trend < b.trend;
  const std::int64_t bytes_a = std::abs(a.growth_bytes()), bytes_b = std::abs(b.growth_bytes());
  return bytes_a != bytes_b ? bytes_a > bytes_b : std::abs(a.growth_blocks()) > std::abs(b.growth_blocks());
}

}  // namespace

std::string_view trend_name(Trend trend) {
  constexpr std::string_view kNames[] = {"level", "growing", "uneven", "shrinking"};
  return kNames[static_cast<std::size_t>(trend)];
}

std::uint64_t Growth::span_ns() const noexcept {
  return readings.empty() ? 0 : minus(readings.back().moment.at_ns, readings.front().moment.at_ns);
}

Growth growth_of(std::vector<Reading> readings, bool is_one_run) {
  Growth out;
  out.is_one_run = is_one_run;
  std::size_t sites = 0;
  for (const Reading& reading : readings) sites = std::max(sites, reading.sites.size());
  for (std::uint32_t number = 0; number != sites; ++number) {
    if (std::none_of(readings.begin(), readings.end(), [&](const Reading& reading) {
          return number < reading.sites.size() && reading.sites[number].exists;
        }))
      continue;
    SiteGrowth site = growth_at(number, readings, is_one_run);
    if (site.trend == Trend::Level)
      ++out.unchanged;
    else
      out.sites.push_back(std::move(site));
  }
  std::stable_sort(out.sites.begin(), out.sites.end(), comes_first);
  if (is_one_run)
    out.bytes_per_second = slope(readings.size(), readings, [&](std::size_t i) {
      return static_cast<double>(readings[i].totals.live_bytes);
    });
  for (Reading& reading : readings) reading.sites = {};
  out.readings = std::move(readings);
  return out;
}

}  // namespace weir::tool
