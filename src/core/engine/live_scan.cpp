#include "core/engine/live_scan.hpp"

#include <time.h>

#include "core/engine/engine.hpp"
#include "core/engine/scan_job.hpp"
#include "core/engine/state.hpp"

namespace weir::engine {
namespace {

constexpr std::uint64_t kNsPerMs = 1'000'000;
constexpr std::uint64_t kBetweenNs = 100 * kNsPerMs;  ///< two looks
constexpr std::uint64_t kLimitNs = 10'000 * kNsPerMs;
constexpr std::uint32_t kLimitMs = 5000;
constexpr std::size_t kNewBlocks = 65536;  ///< room for those that come while a look is prepared

enum class Stage : std::uint8_t { Idle, First, Between, Second };

constinit std::atomic<bool> g_busy{};  ///< one thread at a time; whoever comes second leaves
constinit Stage g_stage{};
constinit ScanJob* g_job{};
constinit long g_child{};
constinit std::uint64_t g_since_ns{};

std::size_t live_blocks() noexcept {
  const track::Sums sums = g_shards.sums(0);
  const std::uint64_t live = sums.allocated_blocks - sums.freed_blocks;
  return live + kNewBlocks;
}

std::uint32_t looks(const ScanJob& job) noexcept { return job.turn == ScanTurn::Only ? 1 : 2; }

void forget() noexcept {
  if (g_job != nullptr) g_job->end();
  g_job = nullptr;
  g_child = 0;
  g_stage = Stage::Idle;
}

void answer() noexcept {
  forget();
  store_release(header().request, std::uint32_t{0});
}

void answer_none(profile::ScanResult why) noexcept {
  publish_none(why);
  answer();
}

/// Makes the copy; the calling thread's stack counts from here on.
void start(ScanTurn turn, Stage stage) noexcept {
  g_job->turn = turn;
  const std::uint64_t began = platform::monotonic_ns();
  Look look;
  if (!look.begin(*g_job, {}, false)) return answer_none(profile::ScanResult::NoMemory);
  if (g_job->counts.threads == 1) g_job->turn = ScanTurn::Only;
  g_child = walk::start_snapshot(judge_job, g_job);
  if (g_child == 0) return answer_none(profile::ScanResult::NoSnapshot);
  g_since_ns = platform::monotonic_ns();
  g_job->took_ns += g_since_ns - began;
  g_stage = stage;
}

void begin() noexcept {
  if (const profile::ScanResult why = why_no_scan(); why != profile::ScanResult::None)
    return answer_none(why);
  g_job = ScanJob::begin(live_blocks());
  if (g_job == nullptr) return answer_none(profile::ScanResult::NoMemory);
  start(ScanTurn::First, Stage::First);
}

void finish() noexcept {
  publish(*g_job, looks(*g_job));
  answer();
}

/// A copy has ended well.
void go_on() noexcept {
  if (g_job->result != profile::ScanResult::Done) return answer_none(g_job->result);
  if (g_stage == Stage::Second || g_job->turn == ScanTurn::Only) return finish();
  g_stage = Stage::Between;
  g_since_ns = platform::monotonic_ns();
}

void await() noexcept {
  switch (walk::look_at(g_child, platform::monotonic_ns() - g_since_ns > kLimitNs)) {
    case walk::Snapshot::Running: return;
    case walk::Snapshot::Done: return go_on();
    default: return answer_none(profile::ScanResult::Failed);
  }
}

void step() noexcept {
  switch (g_stage) {
    case Stage::Idle:
      if (load_relaxed(header().request) != 0) begin();
      return;
    case Stage::First:
    case Stage::Second: return await();
    case Stage::Between:
      if (platform::monotonic_ns() - g_since_ns >= kBetweenNs) start(ScanTurn::Second, Stage::Second);
      return;
  }
}

/// Ends what is under way, for a look that is newer. That one answers.
void drop() noexcept {
  if (g_child != 0 && (g_stage == Stage::First || g_stage == Stage::Second))
    (void)walk::look_at(g_child, true);
  forget();
}

/// One look that is waited for.
profile::ScanResult look(ScanJob& job, ScanTurn turn) noexcept {
  job.turn = turn;
  Look look;
  const std::uint64_t began = platform::monotonic_ns();
  if (!look.begin(job, {}, false)) return profile::ScanResult::NoMemory;
  if (job.counts.threads == 1) job.turn = ScanTurn::Only;
  const walk::Snapshot outcome = walk::in_snapshot(judge_job, &job, kLimitMs);
  job.took_ns += platform::monotonic_ns() - began;
  switch (outcome) {
    case walk::Snapshot::Done: return job.result;
    case walk::Snapshot::None: return profile::ScanResult::NoSnapshot;
    default: return profile::ScanResult::Failed;
  }
}

ScanTotals totals_of(const ScanJob& job) noexcept {
  ScanTotals out{};
  for (std::uint32_t i = 0; i != job.verdicts.sites; ++i) {
    const walk::SiteVerdict& of = job.verdicts.of_site[i];
    out.lost_blocks += of.lost_blocks + of.lost_too_blocks;
    out.lost_bytes += of.lost_bytes + of.lost_too_bytes;
    out.reachable_blocks += of.reachable_blocks;
    out.reachable_bytes += of.reachable_bytes;
  }
  out.took_ns = job.took_ns;
  return out;
}

profile::ScanResult look_twice(ScanJob& job) noexcept {
  profile::ScanResult result = look(job, ScanTurn::First);
  if (result == profile::ScanResult::Done && job.turn != ScanTurn::Only) {
    const timespec pause{0, static_cast<long>(kBetweenNs)};
    platform::raw_syscall(SYS_nanosleep, &pause, nullptr);
    result = look(job, ScanTurn::Second);
  }
  if (result == profile::ScanResult::Done) publish(job, looks(job));
  return result;
}

profile::ScanResult look_now(ScanTotals& out) noexcept {
  if (const profile::ScanResult why = why_no_scan(); why != profile::ScanResult::None) return why;
  ScanJob* job = ScanJob::begin(live_blocks());
  if (job == nullptr) return profile::ScanResult::NoMemory;
  const profile::ScanResult result = look_twice(*job);
  out = totals_of(*job);
  job->end();
  return result;
}

bool is_this_process() noexcept {
  return platform::may(platform::Right::WhoAmI) && platform::own_pid() == header().pid;
}

}  // namespace

void serve_request() noexcept {
  if (load_relaxed(header().request) == 0 || !may_judge() || !is_this_process()) return;
  if (g_busy.exchange(true, std::memory_order_acquire)) return;
  step();
  g_busy.store(false, std::memory_order_release);
}

bool scan_now(ScanTotals& out) noexcept {
  const KeepOut keep_out;
  if (!keep_out.entered || !may_judge() || !is_this_process()) return false;
  if (g_busy.exchange(true, std::memory_order_acquire)) return false;
  drop();
  const bool is_asked = load_relaxed(header().request) != 0;  // who asks from now on wants a newer look
  const profile::ScanResult result = look_now(out);
  if (result != profile::ScanResult::Done) publish_none(result);
  if (is_asked) answer();
  g_busy.store(false, std::memory_order_release);
  return result == profile::ScanResult::Done;
}

bool stop_live_scans() noexcept {
  constexpr int kTurns = 100;
  const timespec pause{0, static_cast<long>(kNsPerMs)};
  for (int turn = 0; g_busy.exchange(true, std::memory_order_acquire); ++turn) {
    if (turn == kTurns || !platform::may(platform::Right::Snapshot)) return false;
    platform::raw_syscall(SYS_nanosleep, &pause, nullptr);
  }
  drop();
  return true;
}

void forget_live_scans() noexcept {
  forget();
  g_busy.store(false, std::memory_order_relaxed);
}

}  // namespace weir::engine
