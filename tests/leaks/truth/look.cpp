#include "tests/leaks/truth/look.h"

#include <errno.h>
#include <sys/mman.h>

#include "core/engine/engine.hpp"
#include "core/engine/scan_job.hpp"
#include "core/engine/state.hpp"

namespace weir::engine {
namespace {

struct Request {
  ScanJob* job;
  void (*compare)(const truth_seen*, void*);
  void* argument;
};

std::uint32_t verdict_of(walk::State state, host::TagState tag) noexcept {
  if (tag != host::TagState::Live) return kTruthNone;
  switch (state) {
    case walk::State::Reachable: return kTruthReachable;
    case walk::State::LostToo: return kTruthLostToo;
    default: return kTruthLost;
  }
}

std::uintptr_t caller_of_site(std::uint32_t site) noexcept {
  if (site >= g_sites.count()) return 0;
  const std::uint32_t node = g_sites.record(site).node;
  return node == 0 ? 0 : g_sites.frame(node).pc;
}

std::size_t list(const walk::Heap& heap, std::uint32_t sites, truth_block* out, std::size_t room) noexcept {
  std::size_t count = 0;
  for (std::uint32_t extent = 0; extent != heap.extent_count(); ++extent) {
    const host::Extent& facts = heap.extent(extent);
    for (std::uint32_t number = 0; number != facts.blocks && count != room; ++number) {
      const walk::Place place{extent, number};
      if (heap.state(place) == walk::State::Free) continue;
      const host::TagReading tag = host::read_tag(heap.block(place), facts.block_bytes);
      out[count++] = {.address = address_of(heap.block(place)),
                      .bytes = tag.requested,
                      .class_bytes = facts.block_bytes,
                      .caller = caller_of_site(tag.site),
                      .verdict = verdict_of(heap.state(place), tag.state),
                      .is_summed = tag.site < sites,
                      .is_quiet = tag.site == static_cast<std::uint32_t>(profile::FixedSite::Untracked)};
    }
  }
  return count;
}

void add_sums(const walk::Verdicts& verdicts, truth_seen& seen) noexcept {
  seen.summed_blocks = verdicts.heap.blocks;
  for (std::uint32_t i = 0; i != verdicts.sites; ++i) {
    const walk::SiteVerdict& of = verdicts.of_site[i];
    seen.summed_lost += of.lost_blocks + of.lost_too_blocks;
    seen.summed_bytes += of.lost_bytes + of.lost_too_bytes + of.reachable_bytes;
  }
}

void judge_and_tell(void* argument) noexcept {
  Request& request = *static_cast<Request*>(argument);
  walk::Heap heap;
  walk::Marker marker{heap};
  if (!judge(*request.job, heap, marker)) return;
  walk::sum_up(heap, request.job->verdicts);
  walk::Array<truth_block> blocks;
  const std::size_t room = heap.live_blocks();
  if (!blocks.make(room)) return;
  const ThreadsSeen& threads = *request.job->threads;
  truth_seen seen{.blocks = blocks.data(), .count = list(heap, request.job->verdicts.sites, blocks.data(), room),
                  .words = threads.words, .word_count = threads.word_count,
                  .summed_blocks = 0, .summed_lost = 0, .summed_bytes = 0};
  add_sums(request.job->verdicts, seen);
  request.compare(&seen, request.argument);
}

int outcome(walk::Snapshot snapshot, const ScanJob& job) noexcept {
  if (snapshot != walk::Snapshot::Done) return 100 + static_cast<int>(snapshot);
  return job.result == profile::ScanResult::Done ? 0 : static_cast<int>(job.result);
}

/// Its frames are below the caller's, and hold nothing but what the look needs.
[[gnu::noinline]] int look_bare(Request& request, const void* stack, bool in_place) noexcept {
  constexpr std::uintptr_t kSaved = 128;
  ScanJob& job = *request.job;
  walk::Holes holes;
  walk::Array<ThreadsSeen> threads;
  if (!holes.begin() || !threads.make(1)) return -1;
  holes.add(address_of(stack), address_of(__builtin_frame_address(0)) - kSaved);
  holes.add(address_of(&job), address_of(&job) + align_up(job.bytes, platform::kPageBytes));
  threads[0].holes = &holes;
  job.holes = &holes;
  job.threads = &threads[0];
  job.is_in_place = in_place;
  if (!in_place) return outcome(walk::in_snapshot(judge_and_tell, &request, 20'000), job);
  judge_and_tell(&request);
  return outcome(walk::Snapshot::Done, job);
}

int look_as_weir(Request& request, bool is_ending) noexcept {
  const KeepOut keep_out;
  Look look;
  if (!look.begin(*request.job, {}, is_ending)) return -1;
  return outcome(walk::in_snapshot(judge_and_tell, &request, 20'000), *request.job);
}

}  // namespace
}  // namespace weir::engine

using namespace weir;

extern "C" int weir_truth_look(truth_way way, const void* stack, void (*compare)(const truth_seen*, void*), void* argument) {
  if (!engine::may_judge()) return -2;
  const int before = errno;
  engine::Request request{engine::ScanJob::begin(0), compare, argument};
  if (request.job == nullptr) return -3;
  const int result = way == kTruthOnDemand || way == kTruthAtEnd ? engine::look_as_weir(request, way == kTruthAtEnd)
                                                                : engine::look_bare(request, stack, way == kTruthInPlace);
  request.job->end();
  errno = before;
  return result;
}

extern "C" {
[[gnu::visibility("hidden")]] extern const char __ehdr_start[];
[[gnu::visibility("hidden")]] extern const char _end[];
}

extern "C" int weir_truth_is_inside(std::uintptr_t at) { return at >= address_of(__ehdr_start) && at < address_of(_end); }

extern "C" void weir_truth_crowd() {
  constexpr std::uintptr_t kHuge = std::uintptr_t{2} << 20;
  host::Range home;
  if (!host::mapped_range(0, home)) return;
  for (const std::uintptr_t at : {align_up(home.end, platform::kPageBytes), align_up(home.end, kHuge), align_up(home.end + 1, kHuge)})
    (void)platform::raw_syscall(SYS_mmap, at, platform::kPageBytes, PROT_NONE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
}
