#include "core/engine/cuda_count.hpp"

#include <cstring>

#include "core/engine/handler_path.hpp"

namespace weir::engine {
namespace {

using profile::CounterRecord;
using profile::Space;

/// The header's words on one space.
struct SpaceWords {
  std::int64_t& live;
  std::int64_t& peak;
  std::uint64_t& peak_number;
  std::uint64_t& peak_at_ns;
};

SpaceWords words_of(Space space) noexcept {
  profile::Header& h = header();
  if (space == Space::Imported)
    return {h.imported_live, h.imported_peak, h.imported_peak_number, h.imported_peak_at_ns};
  const auto i = static_cast<std::size_t>(space);
  return {h.flushed_live[i], h.peak_bytes[i], h.peak_number[i], h.peak_at_ns[i]};
}

// The one writer of these words is whoever holds the lock; readers of the file see whole words.
void add(std::uint64_t& sum, std::uint64_t more) noexcept { add_own(sum, more); }
void add(std::int64_t& sum, std::int64_t more) noexcept { add_own(sum, more); }
void raise(std::int64_t& highest, std::int64_t now) noexcept {
  if (now > highest) store_relaxed(highest, now);
}

/// Counters are in these units of a block.
std::uint64_t one_block() noexcept { return is_sampled() ? profile::kBlockUnits : 1; }

/// The first change of a site after a new peak: what was live until now was live at the peak.
void remember_peak(CounterRecord& c, const SpaceWords& space) noexcept {
  if (c.peak_number == space.peak_number) return;
  c.at_peak = static_cast<std::int64_t>(c.allocated_bytes - c.freed_bytes);
  store_relaxed(c.peak_number, space.peak_number);
}

void grow(const SpaceWords& space, std::int64_t bytes) noexcept {
  add(space.live, bytes);
  if (space.live <= space.peak) return;
  store_relaxed(space.peak, space.live);
  add(space.peak_number, std::uint64_t{1});
  store_relaxed(space.peak_at_ns, since_start_ns());
}

/// `bytes` is negative for a free.
void count_on_device(const ledger::Block& block, std::int64_t bytes) noexcept {
  if (block.space != Space::Device && block.space != Space::Managed) return;
  profile::DeviceRecord* device = cuda_device(block.device);
  if (device == nullptr) return;
  if (block.space == Space::Managed) {
    add(device->managed_live, bytes);
    return raise(device->managed_peak, device->managed_live);
  }
  if (block.kind == profile::MemoryKind::Ordered) add(device->ordered_live, bytes);
  add(device->live, bytes);
  if (device->live <= device->peak) return;
  store_relaxed(device->peak, device->live);
  store_relaxed(device->peak_at_ns, since_start_ns());
}

template <class Table>
void empty(Table& table, std::uint32_t records) noexcept {
  for (std::uint32_t first = 0; first < records; first += Table::kPerChunk)
    if (auto* chunk = table.find(first)) std::memset(chunk, 0, profile::kChunkBytes);
}

/// The sites that in_space() found last: the stack's number, and in the low half the site's. Spares a lock.
constexpr std::size_t kMemos = 512;
constinit std::uint64_t g_site_memo[kMemos]{};

std::size_t memo_place(std::uint32_t stack_site, const CudaBlock& block) noexcept {
  return (stack_site + 37U * static_cast<unsigned>(block.space) + 101U * static_cast<unsigned>(block.kind) +
          211U * block.device) %
         kMemos;
}

bool is_of(const profile::SiteRecord& site, const CudaBlock& block, std::uint16_t flags) noexcept {
  return site.flags == flags && site.space == block.space && site.device == block.device;
}

void note_interrupted() noexcept {
  if (g_map.exists() && load_relaxed(g_guard->generation) != 0) add_shared(losses().cuda_in_handlers, 1);
}

}  // namespace

constinit CudaBooks g_cuda{};

bool may_record_cuda(ThreadState& self, Caller caller) noexcept {
  if (g_mode.load(std::memory_order_acquire) == Mode::Cold) start_cold();
  if (!counts_cuda() || self.quiet) return false;
  if (!self.inside() || !is_inside(self, caller)) return true;
  note_interrupted();
  return false;
}

std::uint32_t cuda_site(std::uint32_t stack_site, const CudaBlock& block) noexcept {
  const std::uint64_t started = header().started_monotonic_ns;
  std::uint32_t& unknown = g_cuda.unknown_site[static_cast<std::size_t>(block.space)];
  // Made before there is need of it. Two threads that come here together find the same site.
  if (load_relaxed(unknown) == 0)
    store_relaxed(unknown, g_sites.in_space(g_map, g_sites.unknown_site(), block.space, 0,
                                            profile::kSiteUnknown, started));
  const auto kind = static_cast<std::uint16_t>(static_cast<unsigned>(block.kind) << profile::kSiteKindShift);
  const auto flags = static_cast<std::uint16_t>(g_sites.flags(stack_site) | kind);
  std::uint64_t& memo = g_site_memo[memo_place(stack_site, block)];
  const std::uint64_t known = load_acquire(memo);
  if (known >> 32 == stack_site && is_of(g_sites.record(static_cast<std::uint32_t>(known)), block, flags))
    return static_cast<std::uint32_t>(known);
  const std::uint32_t site = g_sites.in_space(g_map, stack_site, block.space, block.device, flags, started);
  if (site != 0) {
    // release: who sees the number sees the record, without the lock under which it was made.
    store_release(memo, std::uint64_t{stack_site} << 32 | site);
    return site;
  }
  add_shared(losses().sites_dropped, 1);
  return load_relaxed(unknown);
}

bool make_cuda_tables() noexcept {
  g_cuda.has_tables = g_cuda.counters.begin(g_map.max_chunks()) &&
                      g_cuda.devices.begin(profile::kMaxDevices / profile::kDevicesPerChunk);
  return g_cuda.has_tables;
}

profile::DeviceRecord* make_cuda_device(std::uint8_t device) noexcept {
  profile::DeviceRecord* record = has_cuda_tables() ? g_cuda.devices.make(g_map, device) : nullptr;
  if (record == nullptr)
    add_shared(losses().cuda_facts_dropped, 1);
  else if (record->ready == 0)
    store_release(record->ready, std::uint64_t{1});
  store_release(g_cuda.known_devices[device], record);
  return record;
}

std::uint32_t count_cuda_alloc(const ledger::Block& block) noexcept {
  if (!has_cuda_tables()) return 0;
  std::uint32_t site = block.site;
  CounterRecord* c = g_cuda.counters.make(g_map, site);
  if (c == nullptr) {
    add_shared(losses().counters_dropped, 1);
    site = g_cuda.unknown_site[static_cast<std::size_t>(block.space)];
    c = site == 0 ? nullptr : g_cuda.counters.make(g_map, site);
  }
  if (c == nullptr) return 0;
  const SpaceWords space = words_of(block.space);
  const auto bytes = static_cast<std::int64_t>(block.bytes);
  remember_peak(*c, space);
  add(c->allocated_blocks, one_block());
  add(c->allocated_bytes, block.bytes);
  raise(c->highest_live, static_cast<std::int64_t>(c->allocated_bytes - c->freed_bytes));
  grow(space, bytes);
  count_on_device(block, bytes);
  return site;
}

void count_cuda_free(const ledger::Block& block, bool temporary) noexcept {
  CounterRecord* c = g_cuda.counters.find(block.site);
  if (c == nullptr) return;
  const SpaceWords space = words_of(block.space);
  const auto bytes = static_cast<std::int64_t>(block.bytes);
  remember_peak(*c, space);
  add(c->freed_blocks, one_block());
  add(c->freed_bytes, block.bytes);
  if (temporary) add(c->temporary_blocks, one_block());
  add(space.live, -bytes);
  count_on_device(block, -bytes);
}

void uncount_cuda_free(const ledger::Block& block, bool temporary) noexcept {
  CounterRecord* c = g_cuda.counters.find(block.site);
  if (c == nullptr) return;
  const SpaceWords space = words_of(block.space);
  const auto bytes = static_cast<std::int64_t>(block.bytes);
  remember_peak(*c, space);
  add(c->freed_blocks, std::uint64_t{0} - one_block());
  add(c->freed_bytes, std::uint64_t{0} - block.bytes);
  if (temporary) add(c->temporary_blocks, std::uint64_t{0} - one_block());
  grow(space, bytes);
  count_on_device(block, bytes);
}

void forget_cuda() noexcept {
  g_cuda.lock.reset();
  g_cuda.blocks.clear();
  g_cuda.born = 0;
  for (profile::DeviceRecord*& record : g_cuda.known_devices) record = nullptr;
  for (std::uint32_t& site : g_cuda.unknown_site) site = 0;
  for (std::uint64_t& memo : g_site_memo) memo = 0;
  empty(g_cuda.counters, g_sites.count());
  empty(g_cuda.devices, profile::kMaxDevices);
  profile::Header& h = header();
  h.imported_live = h.imported_peak = 0;
  ++h.imported_peak_number;
  h.imported_peak_at_ns = 0;
  for (std::uint64_t& calls : h.cuda_calls) calls = 0;
  h.cuda_driver_version = 0;
  forget_cuda_facts();
  forget_cuda_releases();
  forget_cuda_pools();
  forget_cuda_callers();
  forget_cuda_out_of_memory();
}

std::uint64_t cuda_own_bytes() noexcept { return g_cuda.blocks.own_bytes() + cuda_pools_own_bytes(); }

}  // namespace weir::engine
