// Numbers, times and endings in words.
#include "tool/report/words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "tool/report/report.hpp"

namespace weir::tool {

std::string human_bytes(std::uint64_t bytes) {
  constexpr const char* kUnits[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  if (bytes < 1024) return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  while (value >= 1023.5 && unit + 1 != std::size(kUnits)) {
    value /= 1024;
    ++unit;
  }
  return value < 9.995   ? fmt::format("{:.2f} {}", value, kUnits[unit])
         : value < 99.95 ? fmt::format("{:.1f} {}", value, kUnits[unit])
                         : fmt::format("{:.0f} {}", value, kUnits[unit]);
}

std::string exact(std::uint64_t n) {
  std::string digits = std::to_string(n);
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, 1, ',');
  return digits;
}

std::string counted(std::uint64_t n, std::string_view one) {
  return fmt::format("{} {}{}", exact(n), one, n == 1 ? "" : "s");
}

std::uint64_t standard_error(double variance) {
  return static_cast<std::uint64_t>(std::min(std::sqrt(std::max(0.0, variance)), 0x1p62) + 0.5);
}

std::string human_bytes(std::uint64_t bytes, double variance, const Profile& profile) {
  if (!profile.is_sampled() || variance == 0) return human_bytes(bytes);
  return fmt::format("{} ± {}", human_bytes(bytes), human_bytes(standard_error(variance)));
}

std::string exact(std::uint64_t n, double variance, const Profile& profile) {
  const bool is_exact = !profile.is_sampled() || variance == 0;
  return is_exact ? exact(n) : fmt::format("{} ± {}", exact(n), exact(standard_error(variance)));
}

std::string counted(std::uint64_t n, double variance, std::string_view one, const Profile& profile) {
  if (!profile.is_sampled() || variance == 0) return counted(n, one);
  return fmt::format("{} {}s", exact(n, variance, profile), one);
}

void put_estimate(Sink& sink, std::string_view name, std::uint64_t value, double variance,
                  const Profile& profile) {
  sink.member(name, value);
  if (profile.is_sampled())
    sink.member(fmt::format("{}_stderr", name), std::round(std::sqrt(std::max(0.0, variance)) * 1000) / 1000);
}

std::uint64_t seldom_unseen_bytes(const Profile& profile) {
  return static_cast<std::uint64_t>(std::log(20.0) * static_cast<double>(profile.sample_every));
}

std::string percent(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return "-";
  const double value = 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  if (part != 0 && value < 0.05) return "<0.1 %";
  return value < 9.95 ? fmt::format("{:.1f} %", value) : fmt::format("{:.0f} %", value);
}

std::string human_seconds(std::uint64_t ns) {
  const double seconds = static_cast<double>(ns) / 1e9;
  if (seconds < 0.1) return fmt::format("{:.1f} ms", seconds * 1e3);
  if (seconds < 1) return fmt::format("{:.0f} ms", seconds * 1e3);
  if (seconds < 10) return fmt::format("{:.2f} s", seconds);
  if (seconds < 120) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<std::uint64_t>(seconds);
  if (whole < 7200) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", whole / 3600, whole / 60 % 60);
}

std::string ending(const Process& process) {
  switch (process.ending) {
    case Ending::Running: return "still running";
    case Ending::Exited: return fmt::format("exited with status {}", process.end_value);
    case Ending::Signalled: {
      const char* name = ::sigdescr_np(process.end_value);
      return fmt::format("died of signal {} ({})", process.end_value, name == nullptr ? "unknown" : name);
    }
    case Ending::Killed: return "killed, by a signal that nobody was there to note";
    case Ending::Replaced: return "replaced by another program (exec)";
    case Ending::Unknown: return "not at its end, or killed (this is a copy of its profile),";
    case Ending::Several: return "ended in several ways";
  }
  return {};
}

std::string live_words(const Profile& profile) {
  switch (profile.process.ending) {
    case Ending::Exited: return "Never freed";
    case Ending::Running: return "Live now";
    case Ending::Replaced: return profile.is_merged() ? "Live at the end" : "Live when it was replaced";
    case Ending::Unknown: return "Live then";
    case Ending::Several: return "Live at the end";
    case Ending::Signalled:
    case Ending::Killed: break;
  }
  return profile.is_merged() ? "Live when they died" : "Live when it died";
}

}  // namespace weir::tool
