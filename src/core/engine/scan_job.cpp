#include "core/engine/scan_job.hpp"

#include <sys/mman.h>

#include <cstring>
#include <span>

#include "core/engine/state.hpp"

namespace weir::engine {
namespace {

/// A copy of the process takes the kernel some 20 ms for each GiB in small pages, in which the program stands still.
constexpr std::uint64_t kTooLarge = std::uint64_t{64} << 30;

void* map_shared(std::size_t bytes) noexcept {
  return platform::raw_mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

profile::VerdictRecord record_of(const walk::SiteVerdict& of) noexcept {
  return {.lost_blocks = of.lost_blocks,
          .lost_bytes = of.lost_bytes,
          .indirect_blocks = of.lost_too_blocks,
          .indirect_bytes = of.lost_too_bytes,
          .reachable_blocks = of.reachable_blocks,
          .reachable_bytes = of.reachable_bytes,
          .slabs = of.slabs,
          .sole_bytes = of.sole_bytes,
          .pinned_bytes = of.pinned_bytes,
          .example = of.example,
          .slab_bytes = of.slab_bytes,
          .slab_live_bytes = of.slab_live_bytes,
          .small_bytes = of.small_bytes,
          .reserved = {}};
}

bool is_empty(const walk::SiteVerdict& of) noexcept {
  return of.lost_blocks + of.lost_too_blocks + of.reachable_blocks == 0;
}

/// The one that an earlier look has filled, or a new one.
std::byte* chunk_of(profile::ChunkKind kind, std::uint32_t index) noexcept {
  for (std::uint64_t number = 0; number != g_map.used_chunks(); ++number) {
    const profile::ChunkEntry& entry = g_map.entries()[number];
    if (entry.kind == kind && entry.index == index && entry.ready != 0) return g_map.chunk(number);
  }
  return g_map.add_chunk(kind, 0, index);
}

/// What an earlier look has found.
void forget_verdicts() noexcept {
  for (std::uint64_t number = 0; number != g_map.used_chunks(); ++number)
    if (g_map.entries()[number].kind == profile::ChunkKind::Verdicts)
      std::memset(g_map.chunk(number), 0, profile::kChunkBytes);
  std::memset(header().walked_classes, 0, sizeof(header().walked_classes));
}

/// Calls `fill` with each page that has a site with anything, and the sites of it. False: there is no room for all pages.
template <class Fill>
bool each_page(const walk::Verdicts& verdicts, Fill fill) noexcept {
  for (std::uint32_t first = 0; first < verdicts.sites; first += profile::kVerdictsPerChunk) {
    const std::uint32_t left = verdicts.sites - first;
    const std::span sites{verdicts.of_site + first,
                          left < profile::kVerdictsPerChunk ? left : profile::kVerdictsPerChunk};
    bool has_any = false;
    for (const walk::SiteVerdict& of : sites) has_any = has_any || !is_empty(of);
    if (!has_any) continue;
    std::byte* page = chunk_of(profile::ChunkKind::Verdicts, first / profile::kVerdictsPerChunk);
    if (page == nullptr) return false;
    fill(reinterpret_cast<profile::VerdictRecord*>(page), sites);
  }
  return true;
}

using Sites = std::span<walk::SiteVerdict>;
bool take_pages(const walk::Verdicts& verdicts) noexcept {
  return each_page(verdicts, [](profile::VerdictRecord*, Sites) noexcept {});
}
bool publish_sites(const walk::Verdicts& verdicts) noexcept {
  return each_page(verdicts, [](profile::VerdictRecord* page, Sites sites) noexcept {
    for (std::size_t i = 0; i != sites.size(); ++i)
      if (!is_empty(sites[i])) page[i] = record_of(sites[i]);
  });
}

void publish_classes(const walk::HeapVerdict& heap) noexcept {
  std::uint32_t used = 0;
  for (const walk::ClassVerdict& of : heap.classes)
    if (of.slabs != 0 && used != profile::kMaxSlabClasses)
      header().walked_classes[used++] = {.bytes = of.block_bytes,
                                         .live_blocks = of.live_blocks,
                                         .capacity_blocks = of.places,
                                         .slabs = of.slabs,
                                         .slab_bytes = of.slab_bytes};
}

/// What leads on from a block that is being resized. Where jemalloc is in the middle of it there is no extent that fits, but what
/// it held is there.
void follow(const ThreadsSeen::Moving& moving, walk::Heap& heap, walk::Marker& marker) noexcept {
  const std::uintptr_t at = address_of(moving.block);
  walk::Place place;
  if (heap.find(at, place)) return marker.root(at);
  marker.scan_roots(at, at + moving.bytes);
}

}  // namespace

ScanJob* ScanJob::begin(std::size_t noted) noexcept {
  const std::uint32_t sites = g_sites.count();
  const std::size_t lost_bytes = noted == 0 ? 0 : walk::LostSet::bytes_for(noted);
  const std::size_t head =
      align_up(sizeof(ScanJob) + sites * sizeof(walk::SiteVerdict), platform::kPageBytes);
  auto* job = static_cast<ScanJob*>(map_shared(head + lost_bytes));
  if (job == nullptr) return nullptr;
  job->bytes = head + lost_bytes;
  job->verdicts.sites = sites;
  job->verdicts.of_site = reinterpret_cast<walk::SiteVerdict*>(job + 1);
  job->lost_before = lost_bytes == 0 ? nullptr : reinterpret_cast<std::byte*>(job) + head;
  job->lost_bytes = lost_bytes;
  return job;
}

void ScanJob::end() noexcept { platform::raw_munmap(this, bytes); }

bool Look::begin(ScanJob& job, const Ending& ending, bool is_ending) noexcept {
  if (!holes_.begin() || !threads_.make(1)) return false;
  threads_[0].holes = &holes_;
  see_threads(ending, is_ending, threads_[0]);
  job.cuda_unjudged = {};
  job.cuda = list_cuda(cuda_, holes_, job.verdicts.sites, is_ending, job.cuda_unjudged) ? &cuda_ : nullptr;
  holes_.add(address_of(&job), address_of(&job) + align_up(job.bytes, platform::kPageBytes));
  job.holes = &holes_;
  job.threads = &threads_[0];
  job.counts = threads_[0].counts;
  return true;
}

bool judge(ScanJob& job, walk::Heap& heap, walk::Marker& marker) noexcept {
  job.result = profile::ScanResult::NoMemory;
  if (!heap.build()) return false;
  if (g_asks_for_room.load(std::memory_order_relaxed)) marker.read_slack();
  see_states(*job.threads);
  walk::add_own_holes(*job.holes);
  job.holes->sort();
  for (std::size_t i = 0; i != job.threads->moving_count; ++i) heap.enliven(job.threads->moving[i].block);
  if (job.cuda != nullptr) {
    job.cuda->begin(!job.is_in_place);
    find_driver_sites(*job.cuda);
    marker.follow_too(*job.cuda);
  }
  if (!marker.begin()) return false;
  job.result = profile::ScanResult::NoRoots;
  job.verdicts.heap.roots = {};
  if (!walk::scan_roots(marker, *job.holes, job.verdicts.heap.roots)) return false;
  for (std::size_t i = 0; i != job.threads->word_count; ++i) marker.root(job.threads->words[i]);
  for (std::size_t i = 0; i != job.threads->moving_count; ++i) follow(job.threads->moving[i], heap, marker);
  marker.classify();
  job.result = profile::ScanResult::Done;
  return true;
}

void judge_job(void* argument) noexcept {
  ScanJob& job = *static_cast<ScanJob*>(argument);
  walk::Heap heap;
  walk::Marker marker{heap};
  if (!judge(job, heap, marker)) return;
  walk::LostSet before{job.lost_before, job.lost_bytes};
  if (job.turn == ScanTurn::First) {
    before.note(heap);
    if (job.cuda != nullptr) before.note(*job.cuda);
  } else {
    if (job.turn == ScanTurn::Second) before.forgive(heap);
    if (job.turn == ScanTurn::Second && job.cuda != nullptr) before.forgive(*job.cuda);
    walk::sum_up(heap, job.verdicts);
    if (job.cuda != nullptr) job.cuda_verdict = walk::sum_up(*job.cuda, job.verdicts);
  }
}

bool may_judge() noexcept {
  return is_exact() && g_counting.load(std::memory_order_relaxed) && host::can_walk();
}

profile::ScanResult why_no_scan() noexcept {
  using platform::Right;
  if (!g_config.leak_scan.on) return profile::ScanResult::Off;
  if (platform::first_named("vgpreload_core") != nullptr) return profile::ScanResult::Emulated;
  for (const Right needed : {Right::Snapshot, Right::ReadFiles, Right::Map, Right::WhoAmI})
    if (!platform::may(needed)) return profile::ScanResult::Forbidden;
  return platform::resident_bytes() > kTooLarge ? profile::ScanResult::TooLarge : profile::ScanResult::None;
}

void publish_none(profile::ScanResult why) noexcept {
  profile::note_failed_look(why, since_start_ns(), header().scan, header().failed_looks);
}

void publish(const ScanJob& job, std::uint32_t looks) noexcept {
  if (job.result != profile::ScanResult::Done) return publish_none(job.result);
  profile::ScanRecord& record = header().scan;
  // Verdicts on all sites are worth more than newer ones on some.
  if (!take_pages(job.verdicts) && record.result == profile::ScanResult::Done)
    return publish_none(profile::ScanResult::NoRoom);
  const walk::HeapVerdict& heap = job.verdicts.heap;
  store_release(record.result, profile::ScanResult::None);
  forget_verdicts();
  header().failed_looks = {};
  record.at_ns = since_start_ns();
  record.took_ns = job.took_ns;
  record.blocks = heap.blocks;
  record.slabs = heap.slabs;
  record.empty_slabs = heap.empty_slabs;
  record.empty_slab_bytes = heap.empty_slab_bytes;
  record.cuda_blocks = job.cuda_verdict.blocks;
  record.cuda_unread = job.cuda_verdict.unread;
  record.cuda_handles = job.cuda_unjudged.handles;
  record.cuda_graphs = job.cuda_unjudged.graphs;
  record.cuda_registered = job.cuda_unjudged.registered;
  record.root_bytes = heap.roots.bytes;
  record.root_mappings = heap.roots.mappings;
  record.shared_mappings = heap.roots.shared;
  record.by_page = heap.roots.by_page;
  record.threads = job.counts.threads;
  record.without_registers = job.counts.without_registers;
  record.whole_stacks = job.counts.whole_stacks;
  record.looks = looks;
  publish_classes(heap);
  const bool complete = publish_sites(job.verdicts);
  // release: who sees the result sees the sites.
  store_release(record.result, complete ? profile::ScanResult::Done : profile::ScanResult::NoRoom);
}

}  // namespace weir::engine
