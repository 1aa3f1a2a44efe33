// Where pools keep their numbers.
#include "core/engine/cuda_pools.hpp"

#include <cstring>

#include "core/engine/cuda_count.hpp"
#include "core/engine/cuda_unrecorded.hpp"
#include "core/engine/operation.hpp"

namespace weir::engine {
namespace {

using profile::PoolClassRecord;
using profile::PoolRecord;
using profile::Space;

/// For a process without memory: all share it and nobody reads it.
constinit PoolRecord g_nobodys_pool{};
constinit PoolClassRecord g_nobodys_classes[profile::kPoolClasses]{};

/// The map's lock is the only one that is taken within this.
struct Pools {
  platform::Lock lock;
  track::Table<PoolRecord, profile::ChunkKind::Pools> records;
  bool has_table;
  struct Found {
    PoolRecord* record;  ///< null: not made; stays where it is from then on
    PoolClassRecord* classes;
  } found[profile::kMaxPools];
  std::uint64_t own_bytes;  ///< of pages outside the profile
  ListHostBlocks list_host_blocks;
};
constinit Pools g_pools{};

constexpr std::uint32_t kPinned = 0;
constexpr std::uint32_t number_of_device(std::uint8_t device) noexcept { return 1U + device; }

/// Pages of weir's own, where the profile has no room.
template <class Record>
Record* own_page(std::size_t count, Record* nobodys) noexcept {
  const std::size_t bytes = count * sizeof(Record);
  void* page = platform::map_pages(bytes);
  if (page == nullptr) return nobodys;
  add_shared(g_pools.own_bytes, bytes);
  return static_cast<Record*>(page);
}

/// Under the lock. `is_in_file` false: what the process counts goes into no profile.
void make(std::uint32_t number, bool is_in_file) noexcept {
  Pools& all = g_pools;
  PoolRecord* record = nullptr;
  PoolClassRecord* classes = nullptr;
  if (is_in_file) {
    if (!all.has_table) all.has_table = all.records.begin(profile::kMaxPools / profile::kPoolsPerChunk);
    if (all.has_table) record = all.records.make(g_map, number);
    if (record != nullptr)
      classes =
          reinterpret_cast<PoolClassRecord*>(g_map.add_chunk(profile::ChunkKind::PoolClasses, 0, number));
    if (record == nullptr || classes == nullptr) add_shared(losses().cuda_facts_dropped, 1);
  }
  if (record == nullptr) record = own_page(1, &g_nobodys_pool);
  if (classes == nullptr) classes = own_page(profile::kPoolClasses, g_nobodys_classes);
  all.found[number].classes = classes;
  // release: who sees the record without the lock sees its zeros.
  store_release(all.found[number].record, record);
}

CudaPoolNumbers numbers(std::uint32_t number, const PoolRecord& words, bool is_in_file) noexcept {
  const platform::Holding hold{g_pools.lock};
  Pools::Found& found = g_pools.found[number];
  if (found.record == nullptr) make(number, is_in_file);
  PoolRecord& record = *found.record;
  if (record.ready == 0 && &record != &g_nobodys_pool) {
    record.space = words.space;
    record.device = words.device;
    record.kind = words.kind;
    record.free_mode = words.free_mode;
    record.idle_max = words.idle_max;
    store_release(record.ready, std::uint64_t{1});
  }
  return {found.record, found.classes};
}

/// Bytes of a signed sum that threads may be in the middle of changing.
std::uint64_t bytes_of(std::int64_t sum) noexcept { return sum > 0 ? static_cast<std::uint64_t>(sum) : 0; }

std::uint64_t extra_of(const PoolRecord* record) noexcept {
  if (record == nullptr) return 0;
  return bytes_of(load_relaxed(record->live_bytes) + load_relaxed(record->idle_bytes) +
                  load_relaxed(record->pending_bytes) - load_relaxed(record->requested_bytes)) +
         load_relaxed(record->slab_free_bytes);
}

}  // namespace

CudaPoolNumbers cuda_pool_numbers(Space space, std::uint8_t device, profile::PoolKind kind,
                                  profile::PoolFree free_mode, std::uint64_t idle_max) noexcept {
  const std::uint32_t number = space == Space::Pinned ? kPinned : number_of_device(device);
  if (number >= profile::kMaxPools) return {&g_nobodys_pool, g_nobodys_classes};
  const Caller caller = caller_of(__builtin_frame_address(0));
  ThreadState& self = t_self;
  PoolRecord words{};
  words.space = space;
  words.device = space == Space::Pinned ? std::uint8_t{0} : device;
  words.kind = kind;
  words.free_mode = free_mode;
  words.idle_max = idle_max;
  if (may_record_cuda(self, caller)) {
    // Within an operation, so that a forked child has left the parent's file.
    const Operation operation{self, caller};
    return numbers(number, words, counts_cuda());
  }
  const KeepOut keep_out;
  if (!keep_out.entered) return {&g_nobodys_pool, g_nobodys_classes};
  return numbers(number, words, false);
}

std::uint64_t cuda_tracked(std::uint8_t device) noexcept {
  const profile::DeviceRecord* record = g_cuda.devices.find(device);
  return record == nullptr ? unrecorded_live(device) : bytes_of(load_relaxed(record->live));
}

std::uint64_t cuda_pool_extra(std::uint8_t device) noexcept {
  const std::uint32_t number = number_of_device(device);
  return number < profile::kMaxPools ? extra_of(load_acquire(g_pools.found[number].record)) : 0;
}

std::uint64_t cuda_pools_extra() noexcept {
  std::uint64_t sum = 0;
  for (std::uint32_t number = number_of_device(0); number != profile::kMaxPools; ++number)
    sum += extra_of(load_acquire(g_pools.found[number].record));
  return sum;
}

void cuda_pool_lists_host_blocks(ListHostBlocks list) noexcept {
  store_release(g_pools.list_host_blocks, list);
}

void each_pooled_host_block(NoteRange note, void* to) noexcept {
  if (const ListHostBlocks list = load_acquire(g_pools.list_host_blocks); list != nullptr) list(note, to);
}

void forget_cuda_pools() noexcept {
  g_pools.lock.reset();
  g_pools.list_host_blocks = nullptr;  // the pool's lock may be a thread's that is not here
  for (const Pools::Found& found : g_pools.found) {
    if (found.record == nullptr) continue;
    std::memset(found.record, 0, sizeof(PoolRecord));
    std::memset(found.classes, 0, profile::kPoolClasses * sizeof(PoolClassRecord));
  }
}

std::uint64_t cuda_pools_own_bytes() noexcept { return load_relaxed(g_pools.own_bytes); }

}  // namespace weir::engine
