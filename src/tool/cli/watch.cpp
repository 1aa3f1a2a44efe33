#include "tool/cli/watch.hpp"

#include <chrono>
#include <thread>
#include <utility>
#include <vector>

namespace weir::tool {
namespace {

/// So many intervals: what swings fast is seen to go down in one of them.
constexpr int kIntervals = 4;

}  // namespace

Watched watch(const std::string& path, double seconds) {
  Watched out{load(path), std::nullopt, {}};
  if (out.profile.is_merged() || out.profile.process.ending != Ending::Running) return out;
  Moment moment = moment_of(out.profile, path);
  if (moment.basis != Moment::Basis::Now) {
    out.why_not = "this is a copy of a live process's profile; compare it with another one by weir diff";
    return out;
  }
  std::vector<Reading> readings;
  readings.push_back(read_out(out.profile, path, moment));
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 1; i <= kIntervals && out.profile.process.ending == Ending::Running; ++i) {
    std::this_thread::sleep_until(begin + std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                                              std::chrono::duration<double>{seconds * i / kIntervals}));
    Profile next = load(path);
    Reading reading = read_out(next, path, moment_of(next, path));
    // Another process may have taken the file's name meanwhile.
    const Reading both[] = {std::move(readings.back()), std::move(reading)};
    const bool is_same = are_of_one_run(both);
    readings.back() = both[0];
    if (!is_same) break;
    readings.push_back(both[1]);
    out.profile = std::move(next);
  }
  if (readings.size() > 1) out.growth = growth_of(std::move(readings), true);
  return out;
}

}  // namespace weir::tool
