// What weir's own pools held, and the moments when memory ran out.
#include <algorithm>

#include "tool/profile/tables.hpp"

namespace weir::tool {

using profile::ChunkKind;
using profile::OutOfMemoryRecord;
using profile::PoolClassRecord;
using profile::PoolRecord;

namespace {

bool all_honest(const PoolRecord& r, std::size_t number) noexcept {
  const bool is_itself =
      number == 0 ? r.space == Space::Pinned : r.space == Space::Device && r.device == number - 1;
  if (r.ready != 1 || !is_itself || r.kind > profile::PoolKind::Slab ||
      r.free_mode > profile::PoolFree::Deferred)
    return false;
  for (const std::int64_t sum :
       {r.live_bytes, r.live_blocks, r.requested_bytes, r.pending_bytes, r.pending_blocks, r.idle_bytes,
        r.idle_blocks, r.peak_live, r.peak_reserved, r.peak_idle, r.peak_pending})
    if (!honest(sum)) return false;
  for (const std::uint64_t sum : {r.idle_max,
                                  r.largest_idle,
                                  r.hits,
                                  r.misses,
                                  r.source_allocs,
                                  r.source_alloc_ns,
                                  r.source_frees,
                                  r.source_free_ns,
                                  r.frees,
                                  r.waits,
                                  r.wait_ns,
                                  r.marks,
                                  r.looks,
                                  r.mark_ns,
                                  r.retired_by_fence,
                                  r.retired_by_program,
                                  r.shed_blocks,
                                  r.shed_bytes,
                                  r.aside_allocs,
                                  r.aside_frees,
                                  r.exported_frees,
                                  r.callers_passed,
                                  r.rescued_others,
                                  r.unpooled,
                                  r.no_memory,
                                  r.rescue_wait_ns,
                                  r.contexts_ended,
                                  r.managed_bytes,
                                  r.managed_blocks,
                                  r.slab_bytes,
                                  r.slabs,
                                  r.slab_free_bytes})
    if (!honest(sum)) return false;
  return std::all_of(std::begin(r.rescued), std::end(r.rescued), [](std::uint64_t n) { return honest(n); });
}

/// A process that lives, or was killed, may stand between two words.
void never_negative(PoolRecord& r) noexcept {
  for (std::int64_t* sum :
       {&r.live_bytes, &r.live_blocks, &r.requested_bytes, &r.pending_bytes, &r.pending_blocks, &r.idle_bytes,
        &r.idle_blocks, &r.peak_live, &r.peak_reserved, &r.peak_idle, &r.peak_pending})
    *sum = std::max<std::int64_t>(*sum, 0);
  r.requested_bytes = std::min(r.requested_bytes, r.live_bytes);
  r.peak_live = std::max(r.peak_live, r.live_bytes);
  r.peak_idle = std::max(r.peak_idle, r.idle_bytes);
  r.peak_pending = std::max(r.peak_pending, r.pending_bytes);
  r.peak_reserved = std::max({r.peak_reserved, r.peak_live, r.live_bytes + r.idle_bytes + r.pending_bytes});
}

}  // namespace

bool set_right(PoolRecord& record, std::size_t number) noexcept {
  if (number >= profile::kMaxPools || !all_honest(record, number)) return false;
  never_negative(record);
  return true;
}

bool set_right(PoolClassRecord& c) noexcept {
  for (std::int64_t* sum : {&c.live_blocks, &c.idle_blocks, &c.pending_blocks, &c.idle_bytes})
    *sum = std::max<std::int64_t>(*sum, 0);
  return c.bytes != 0 && honest(c.bytes) && honest(c.hits) && honest(c.misses) && honest(c.live_blocks) &&
         honest(c.idle_blocks) && honest(c.pending_blocks) && honest(c.source_ns) && honest(c.idle_bytes);
}

bool plausible(const OutOfMemoryRecord& r) noexcept {
  for (const std::uint64_t n : {r.at_ns, r.driver_free, r.driver_total, r.live, r.idle, r.pending,
                                r.largest_idle, r.largest_pending, r.tracked, r.limit})
    if (!honest(n)) return false;
  return r.ready == 1 && static_cast<std::uint32_t>(r.space) < profile::kSpaces &&
         r.holder_count <= std::size(r.holders);
}

void keep_existing_sites(OutOfMemoryRecord& record, const Profile& profile, Damage& damage) {
  record.site = existing_site(record.site, profile, damage);
  std::uint16_t kept = 0;
  for (std::uint16_t holder = 0; holder != record.holder_count; ++holder) {
    OutOfMemoryRecord::Holder each = record.holders[holder];
    each.site = existing_site(each.site, profile, damage);
    if (each.site != 0 && honest(each.bytes) && honest(each.blocks)) record.holders[kept++] = each;
  }
  record.holder_count = kept;
}

namespace {

void read_classes(const Chunks& chunks, std::size_t number, Pool& pool, Damage& damage) {
  for (const Piece& piece : chunks.of(ChunkKind::PoolClasses)) {
    if (piece.index != number || piece.owner != 0) continue;
    for (std::size_t i = 0; i != piece.count<PoolClassRecord>(); ++i) {
      auto record = piece.record<PoolClassRecord>(i);
      const bool is_sane = set_right(record);
      const bool is_used = record.hits != 0 || record.misses != 0 || record.live_blocks != 0 ||
                           record.idle_blocks != 0 || record.pending_blocks != 0;
      if (!is_used) continue;
      if (is_sane)
        pool.classes.push_back(record);
      else
        damage.note("an impossible size class of a pool was left out");
    }
  }
  std::stable_sort(pool.classes.begin(), pool.classes.end(),
                   [](const auto& a, const auto& b) { return a.bytes < b.bytes; });
}

}  // namespace

void read_pools(const Chunks& chunks, Profile& out, Damage& damage) {
  for (const Piece& piece : chunks.of(ChunkKind::Pools))
    for (std::size_t i = 0; i != piece.count<PoolRecord>(); ++i) {
      Pool pool{.record = piece.record<PoolRecord>(i), .classes = {}};
      const std::size_t number = piece.index * std::size_t{profile::kPoolsPerChunk} + i;
      if (pool.record.ready == 0) continue;
      if (!set_right(pool.record, number)) {
        damage.note("a pool makes no sense and was left out");
        continue;
      }
      read_classes(chunks, number, pool, damage);
      out.pools.push_back(std::move(pool));
    }
}

void read_out_of_memory(const Chunks& chunks, Profile& out, Damage& damage) {
  for (const Piece& piece : chunks.of(ChunkKind::OutOfMemory))
    for (std::size_t i = 0; piece.index == 0 && i != piece.count<OutOfMemoryRecord>(); ++i) {
      auto record = piece.record<OutOfMemoryRecord>(i);
      if (record.ready == 0) continue;
      if (!plausible(record)) {
        damage.note("a moment when memory ran out makes no sense and was left out");
        continue;
      }
      keep_existing_sites(record, out, damage);
      out.out_of_memory.push_back(record);
    }
}

const Pool* Profile::pool(Space space, unsigned device) const noexcept {
  for (const Pool& each : pools)
    if (each.record.space == space && (space == Space::Pinned || each.record.device == device)) return &each;
  return nullptr;
}

}  // namespace weir::tool
