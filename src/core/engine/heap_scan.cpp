#include "core/engine/heap_scan.hpp"

#include "core/engine/live_scan.hpp"
#include "core/engine/scan_job.hpp"
#include "core/engine/state.hpp"

namespace weir::engine {
namespace {

constexpr std::uint32_t kLimitMs = 5000;

/// In a snapshot; where none can be had and nobody else runs, in place.
profile::ScanResult run(ScanJob& job) noexcept {
  switch (walk::in_snapshot(judge_job, &job, kLimitMs)) {
    case walk::Snapshot::Done: return job.result;
    case walk::Snapshot::Failed: return profile::ScanResult::Failed;
    default: break;
  }
  if (job.counts.threads != 1) return profile::ScanResult::NoSnapshot;
  job.is_in_place = true;
  judge_job(&job);
  return job.result;
}

void look(const Ending& ending) noexcept {
  if (const profile::ScanResult why = why_no_scan(); why != profile::ScanResult::None)
    return publish_none(why);
  ScanJob* job = ScanJob::begin(0);
  if (job == nullptr) return publish_none(profile::ScanResult::NoMemory);
  const std::uint64_t began = platform::monotonic_ns();
  job->result = profile::ScanResult::NoMemory;
  if (Look look; look.begin(*job, ending, true)) job->result = run(*job);
  job->took_ns = platform::monotonic_ns() - began;
  publish(*job, 0);
  job->end();
}

}  // namespace

void scan_heap(const Ending& ending) noexcept {
  if (!may_judge() || !stop_live_scans()) return;
  look(ending);
  store_release(header().request, std::uint32_t{0});  // whoever still waits for a look has this one
}

}  // namespace weir::engine
