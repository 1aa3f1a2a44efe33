// One look through the heap, from what it needs to what the profile says of it: what the look at the end (heap_scan.hpp) and
// those while the process runs (live_scan.hpp) have in common. The engine's own.
//
//   this process                          a copy of it (walk/snapshot.hpp)
//   ScanJob::begin()   ── shared memory ──→
//   Look::begin()      ── holes, threads ─→  judge_job(): what is under way, heap, roots, marks, sums
//   publish()          ←─ verdicts ────────
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/engine/scan_cuda.hpp"
#include "core/engine/scan_threads.hpp"
#include "core/profile/profile.hpp"
#include "core/walk/walk.hpp"

namespace weir::engine {

/// Which of the looks that have to agree (walk/lost_set.hpp).
enum class ScanTurn : std::uint8_t { Only, First, Second };

/// What this process and its copy share.
struct ScanJob {
  walk::Holes* holes;
  ThreadsSeen* threads;
  walk::CudaBlocks* cuda;  ///< null: nothing of CUDA's is judged
  CudaUnjudged cuda_unjudged;
  walk::CudaVerdict cuda_verdict;
  bool is_in_place;  ///< there is no copy: this process looks itself
  walk::Verdicts verdicts;
  void* lost_before;  ///< of a LostSet; null: this look is the only one
  std::size_t lost_bytes;
  ScanTurn turn;
  profile::ScanResult result;
  ThreadCounts counts;
  std::uint64_t took_ns;  ///< for which the program, or one of its threads, waited
  std::size_t bytes;      ///< of all this

  /// Null: no memory. `noted`: for how many lost blocks there is room for a second look.
  [[nodiscard]] static ScanJob* begin(std::size_t noted) noexcept;
  void end() noexcept;
};

/// What of this process is no root, and what its threads hold, at the moment of one look.
class Look {
 public:
  /// False: no memory.
  [[nodiscard]] bool begin(ScanJob& job, const Ending& ending, bool is_ending) noexcept;

 private:
  walk::Holes holes_;
  walk::CudaBlocks cuda_;
  walk::Array<ThreadsSeen> threads_;
};

/// In the copy: finds and judges every block. `marker` is of `heap`, and both are new. False: job.result says why.
[[nodiscard]] bool judge(ScanJob& job, walk::Heap& heap, walk::Marker& marker) noexcept;

/// In the copy: the same, and the sums.
void judge_job(void* job) noexcept;

/// Why there can be no look at all; None: there can be one.
[[nodiscard]] profile::ScanResult why_no_scan() noexcept;

/// False where nothing is recorded that could be judged, and nothing is to be said of it.
[[nodiscard]] bool may_judge() noexcept;

// Into the profile, one thread at a time.

/// A look came to nothing: what an earlier one has found stays.
void publish_none(profile::ScanResult why) noexcept;
/// In place of what was there; of a job that is not done as publish_none(). `looks`: 0 at the end, else how many have agreed.
void publish(const ScanJob& job, std::uint32_t looks) noexcept;

}  // namespace weir::engine
