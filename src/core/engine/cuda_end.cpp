// Contexts end, and take along what the program had not freed.
#include "core/base/bits.hpp"
#include "core/engine/capture_site.hpp"
#include "core/engine/cuda_count.hpp"
#include "core/engine/cuda_unrecorded.hpp"
#include "core/engine/operation.hpp"

namespace weir::engine {
namespace {

using profile::ReleaseRecord;

static_assert(static_cast<unsigned>(CudaEnd::ContextDestroyed) ==
                  static_cast<unsigned>(profile::ReleasedBy::ContextDestroyed) &&
              static_cast<unsigned>(CudaEnd::DeviceReset) ==
                  static_cast<unsigned>(profile::ReleasedBy::DeviceReset) &&
              static_cast<unsigned>(CudaEnd::ModuleUnloaded) ==
                  static_cast<unsigned>(profile::ReleasedBy::ModuleUnloaded));

constexpr std::uint32_t kMaxReleases = 64 * profile::kReleasesPerChunk;

/// Under the books' lock.
struct Releases {
  track::Table<ReleaseRecord, profile::ChunkKind::Releases> records;
  track::IdIndex by_place;  ///< (site, releasing site, how) → number + 1
  std::uint32_t count;
  bool has_table;
};
constinit Releases g_releases{};

/// The record for these; null: no room.
ReleaseRecord* record_for(const ReleaseRecord& wanted) noexcept {
  Releases& all = g_releases;
  if (!all.has_table) all.has_table = all.records.begin(kMaxReleases / profile::kReleasesPerChunk);
  const std::uint64_t hash = mix(wanted.site + (std::uint64_t{wanted.released_site} << 32) +
                                 (static_cast<std::uint64_t>(wanted.how) << 28));
  const std::uint32_t known = all.by_place.find(hash, [&](std::uint32_t id) {
    const ReleaseRecord& r = all.records[id - 1];
    return r.site == wanted.site && r.released_site == wanted.released_site && r.how == wanted.how;
  });
  if (known != 0) return &all.records[known - 1];
  ReleaseRecord* made =
      all.has_table && all.count != kMaxReleases ? all.records.make(g_map, all.count) : nullptr;
  if (made == nullptr || !all.by_place.insert(hash, all.count + 1)) return nullptr;
  *made = wanted;
  ++all.count;
  return made;
}

void note_release(const ledger::Block& block, std::uint32_t released_site, profile::ReleasedBy how,
                  std::uint64_t now) noexcept {
  ReleaseRecord* record = record_for({.site = block.site,
                                      .released_site = released_site,
                                      .how = how,
                                      .ready = 0,
                                      .bytes = 0,
                                      .blocks = 0,
                                      .first_ns = now,
                                      .last_ns = now,
                                      .reserved = {}});
  if (record == nullptr) {
    add_shared(losses().cuda_facts_dropped, 1);
    return;
  }
  store_relaxed(record->bytes, record->bytes + block.bytes);
  store_relaxed(record->blocks, record->blocks + 1);
  store_relaxed(record->last_ns, now);
  store_release(record->ready, 1U);
}

template <class Goes>
void release_all(CudaEnd how, std::uint32_t released_site, Goes goes) noexcept {
  const std::uint64_t now = since_start_ns();
  const platform::Holding hold{g_cuda.lock};
  g_cuda.blocks.free_if(released_site, [&](const ledger::Key&, const ledger::Block& block) noexcept {
    if (!goes(block)) return false;
    count_cuda_free(block, false);
    note_release(block, released_site, static_cast<profile::ReleasedBy>(how), now);
    return true;
  });
}

/// `otherwise`: where nothing is recorded.
template <class Goes, class Otherwise>
void end_all(CudaEnd how, Caller caller, Goes goes, Otherwise otherwise) noexcept {
  ThreadState& self = t_self;
  if (!may_record_cuda(self, caller)) return otherwise();
  const Operation operation{self, caller};
  if (!counts_cuda()) return;
  release_all(how, capture_site(self, caller), goes);
  tick(self);
}

/// Runs `act` under the books' lock.
template <class Act, class Otherwise>
void in_books(Caller caller, Act act, Otherwise otherwise) noexcept {
  ThreadState& self = t_self;
  if (!may_record_cuda(self, caller)) return otherwise();
  const Operation operation{self, caller};
  if (!counts_cuda()) return;
  const platform::Holding hold{g_cuda.lock};
  act();
}

}  // namespace

void cuda_context_ended(std::uint64_t context, CudaEnd how, Caller caller) noexcept {
  if (context == 0) return;
  end_all(
      how, caller, [=](const ledger::Block& block) noexcept { return block.context == context; },
      [=]() noexcept { unrecorded_context_ended(context); });
  stay();
}

std::uint32_t cuda_context_ending(std::uint64_t context) noexcept {
  std::uint32_t end = 0;
  if (context == 0) return end;
  in_books(
      caller_of(__builtin_frame_address(0)),
      [&]() noexcept {
        end = ++g_cuda.ends;
        g_cuda.blocks.each_value([=](ledger::Block& block) noexcept {
          if (block.context == context && block.ending == 0) block.ending = end;
        });
      },
      [&]() noexcept { end = unrecorded_context_ending(context); });
  return end;
}

void cuda_end_done(std::uint32_t end, CudaEnd how, Caller caller) noexcept {
  if (end == 0) return;
  end_all(
      how, caller, [=](const ledger::Block& block) noexcept { return block.ending == end; },
      [=]() noexcept { unrecorded_end_done(end); });
  stay();
}

void cuda_end_failed(std::uint32_t end) noexcept {
  if (end == 0) return;
  in_books(
      caller_of(__builtin_frame_address(0)),
      [=]() noexcept {
        g_cuda.blocks.each_value([=](ledger::Block& block) noexcept {
          if (block.ending == end) block.ending = 0;
        });
      },
      [=]() noexcept { unrecorded_end_failed(end); });
}

void forget_cuda_releases() noexcept {
  for (std::uint32_t first = 0; first < g_releases.count; first += profile::kReleasesPerChunk)
    g_releases.records.clear_from(first);
  g_releases.by_place.clear();
  g_releases.count = 0;
}

}  // namespace weir::engine
