#include "core/cuda/device_pool.hpp"

#include "core/cuda/give_way.hpp"
#include "core/cuda/managed.hpp"
#include "core/cuda/own_stream.hpp"
#include "core/engine/cuda_pools.hpp"

namespace weir::cuda {
namespace {

using Source = pool::SlabSource<DeviceSource>;
using Pool = pool::SharedPool<Source>;
using Domain = Pool::Domain;
using config::DevicePool;

constexpr std::uint64_t kRescueWaitNs = 100'000'000;

constinit Pool g_pool{};
constinit Source::Places g_slabs{};  ///< of places that carve: WEIR_DEVICE_POOL=slab
constinit Domain*
    g_domains[kMostContexts]{};       ///< by number of context; null: none in this life of the context
constinit std::uint32_t g_is_used{};  ///< 1: there is a domain
/// 1: the context, or one whose work would have to be proven done, is broken. By number; any at all.
constinit std::uint32_t g_has_failed[kMostContexts]{}, g_has_any_failed{};

/// Null: none, or the driver is gone.
CUcontext current() noexcept {
  CUcontext context = nullptr;
  return ask::ctx_get_current(&context) == CUDA_SUCCESS ? context : nullptr;
}

bool is_deferred() noexcept { return engine::options().device_free == config::DeviceFree::Deferred; }

profile::PoolKind kind() noexcept {
  switch (engine::options().device_pool) {
    case DevicePool::Off: return profile::PoolKind::None;
    case DevicePool::Pow2: return profile::PoolKind::Pow2;
    case DevicePool::Slab: return profile::PoolKind::Slab;
    default: return profile::PoolKind::Bucket;
  }
}

engine::CudaPoolNumbers numbers_of(std::uint8_t device, std::uint64_t idle_max) noexcept {
  return engine::cuda_pool_numbers(Space::Device, device, kind(),
                                   is_deferred() ? profile::PoolFree::Deferred : profile::PoolFree::Strict,
                                   idle_max);
}

/// Nothing can be proven any more of what is kept of this context: the driver takes it back. That waits as the driver's own
/// free of each would have, so it is done where the program frees, or where memory is out.
[[gnu::noinline, gnu::cold]] void give_up(int number, bool again) noexcept {
  if (!are_contexts_known()) tell_of_unknown_contexts();
  Domain* domain = number >= 0 ? load_acquire(g_domains[number]) : nullptr;
  if (domain == nullptr || (are_contexts_known() && load_acquire(g_has_failed[number]) == 0)) return;
  DeviceSource driver;
  Source source{driver, g_slabs};
  g_pool.abandon(source, *domain, again);
}

bool is_hopeless() noexcept { return !are_contexts_known() || load_relaxed(g_has_any_failed) != 0; }

/// False: there was no reason to.
[[gnu::noinline, gnu::cold]] bool give_up_all_of(std::uint8_t device) noexcept {
  if (load_acquire(g_is_used) == 0 || !is_hopeless()) return false;
  for (std::uint32_t i = 0; i != seen_contexts(); ++i)
    if (const Domain* domain = load_acquire(g_domains[i]);
        domain != nullptr && domain->place.device == device)
      give_up(static_cast<int>(i), true);
  return true;
}

/// Null: its memory is not pooled, or not now.
[[gnu::noinline, gnu::cold]] Domain* open(const Call& call, int number) noexcept {
  CUdevice device = -1;
  std::size_t total = 0;
  // From here on the context does not end; it may have ended before, and its number may stand for another.
  const ContextUse use{number};
  if (!use || key_of(current()) != seen_context(number).handle) return nullptr;
  if (engine::cuda_blocks_are_watched() || is_any_stream_capturing() || !are_contexts_known()) return nullptr;
  if (ask::ctx_get_device(&device) != CUDA_SUCCESS || device < 0 || device > 0xff) return nullptr;
  if (ask::device_total(&total, device) != CUDA_SUCCESS || total == 0) return nullptr;
  // Nobody takes the pool's locks before there is a domain (g_is_used), and from here on a forked child is known to be one:
  // its calls are forwarded (Call::begin), whatever the parent's threads held when it forked.
  call.served();
  const auto ordinal = static_cast<std::uint8_t>(device);
  const std::uint64_t idle_max = engine::options().device_idle_max.of(total);
  const auto [pool_record, class_records] = numbers_of(ordinal, idle_max);
  const pool::Policy policy{
      .classes = kind() == profile::PoolKind::Pow2 ? pool::Classes::Pow2 : pool::Classes::Fine,
      .free_mode = is_deferred() ? pool::FreeMode::Deferred : pool::FreeMode::Strict,
      .idle_max = idle_max,
      .rescue_wait_ns = kRescueWaitNs};
  Domain* domain = g_pool.open({number, ordinal}, ordinal, policy, {pool_record, class_records});
  if (domain == nullptr) return nullptr;
  if (kind() == profile::PoolKind::Slab) g_slabs.open({number, ordinal}, pool_record);
  // A deferred free may shed, and makes nothing in the driver.
  if (is_deferred()) make_own_stream(number);
  store_release(g_domains[number], domain);
  store_release(g_is_used, 1U);
  return domain;
}

/// Null: not pooled.
Domain* domain_for(const Call& call) noexcept {
  if (engine::options().device_pool == DevicePool::Off) return nullptr;
  const int number = current_context();
  if (number < 0) return nullptr;
  Domain* domain = load_acquire(g_domains[number]);
  if (domain == nullptr) [[unlikely]]
    domain = open(call, number);
  if (domain == nullptr || !engine::cuda_is_passed_by(call.caller())) [[likely]]
    return domain;
  add_shared(domain->numbers.pool->callers_passed, 1);
  return nullptr;
}

/// What the source has learnt on the way.
void learn(const DeviceSource& source) noexcept {
  if (source.broken() < 0) [[likely]]
    return;
  Domain* domain = load_acquire(g_domains[source.broken()]);
  if (domain == nullptr) return;
  g_pool.broke(*domain);
  store_release(g_has_failed[source.broken()], 1U);
  store_release(g_has_any_failed, 1U);
}

void note_stock(DeviceSource& source, const DevicePlace& place) noexcept {
  source.stock = device_pool_stock(place.device);
}

/// `stock` is what there was before the pool gave back what it could; the driver has that now.
[[gnu::noinline, gnu::cold]] void report(const Call& call, const PoolStock& stock, std::uint8_t device,
                                         std::uint64_t bytes, CUresult result) noexcept {
  std::size_t free = 0, total = 0;
  if (is_any_stream_capturing() || ask::memory_info(&free, &total) != CUDA_SUCCESS) free = total = 0;
  const PoolStock now = device_pool_stock(device);
  const std::uint64_t had = stock.idle + stock.pending, has = now.idle + now.pending;
  const std::uint64_t given = had > has ? had - has : 0;
  free -= free < given ? free : given;
  report_no_memory(call, device, bytes, stock, {free, total}, 0, result);
}

/// Nothing else has helped: managed memory, where that is wanted?
bool is_rescued(Call& call, CUdeviceptr* out, std::size_t bytes, Served& served) noexcept {
  if (rescue_by_managed(call, out, bytes) != CUDA_SUCCESS) return false;
  served.space = Space::Managed;
  return true;
}

using Allocate = CUresult (*)(CUdeviceptr*, std::size_t);

[[gnu::noinline]] CUresult allocate_unpooled(Call& call, Allocate real, CUdeviceptr* out, std::size_t bytes,
                                             Served& served) noexcept {
  CUresult result = real(out, bytes);
  if (!DeviceSource::is_no_memory(result)) return result;
  result = with_second_try(Lack{.route = {}, .is_host = false, .is_in_call = true, .device = Lack::kCurrent},
                           result, [=]() noexcept { return real(out, bytes); });
  if (DeviceSource::is_no_memory(result) && give_up_all_of(call.current().device)) result = real(out, bytes);
  if (!DeviceSource::is_no_memory(result)) return result;
  if (is_rescued(call, out, bytes, served)) return CUDA_SUCCESS;
  report(call, {}, call.current().device, bytes, result);
  return result;
}

/// No idle block is at hand.
[[gnu::noinline]] CUresult allocate_in(Domain* domain, Call& call, Allocate real, CUdeviceptr* out,
                                       std::size_t bytes, Served& served) noexcept {
  DeviceSource driver{real, served.owner.context, note_stock};
  Source source{driver, g_slabs};
  std::uint64_t address = 0;
  CUresult result = g_pool.allocate(source, *domain, bytes, address);
  learn(driver);
  profile::PoolRecord& record = *domain->numbers.pool;
  const auto was_not_nothing = [&]() noexcept { add_shared(record.rescued[6], ~std::uint64_t{0}); };
  if (DeviceSource::is_no_memory(result) && give_up_all_of(domain->place.device)) {
    was_not_nothing();  // one request, counted once
    const bool is_left_to_driver = !load_relaxed(domain->is_open) || !are_contexts_known();
    result = g_pool.allocate(source, *domain, bytes, address);
    if (is_left_to_driver && DeviceSource::is_no_memory(result)) add_shared(record.rescued[6], 1);
  }
  if (result == CUDA_SUCCESS) *out = address;
  if (!DeviceSource::is_no_memory(result)) return result;
  if (is_rescued(call, out, bytes, served)) {
    add_shared(record.rescued[5], 1);
    was_not_nothing();
    return CUDA_SUCCESS;
  }
  report(call, driver.stock, domain->place.device, bytes, result);
  return result;
}

}  // namespace

CUresult pooled_allocate(Call& call, Allocate real, CUdeviceptr* out, std::size_t bytes,
                         Served& served) noexcept {
  Domain* domain = bytes != 0 && out != nullptr ? domain_for(call) : nullptr;
  if (domain == nullptr) return allocate_unpooled(call, real, out, bytes, served);
  const std::uint64_t context = load_relaxed(seen_context(domain->place.number).handle);
  served = {.owner = {context, domain->place.device}, .is_known = true};
  std::uint64_t address = 0;
  if (!g_pool.take_idle(*domain, bytes, address)) [[unlikely]]
    return allocate_in(domain, call, real, out, bytes, served);
  *out = address;
  return CUDA_SUCCESS;
}

CUresult pooled_release(const Freeing& freeing, CUdeviceptr block, bool must_give) noexcept {
  if (block == 0 || load_acquire(g_is_used) == 0) return freeing();
  DeviceSource driver{freeing, is_deferred() ? DeviceSource::kAnyContext : key_of(current()), must_give};
  Source source{driver, g_slabs};
  bool is_ours = false;
  const CUresult result = g_pool.free(source, block, is_ours);
  learn(driver);
  if (is_hopeless()) [[unlikely]]
    give_up(current_context(), false);
  if (is_ours) return result;
  // What the program has freed already may be where a slab begins: the driver would free that.
  CarvedBlock carved{};
  return find_carved(block, carved) ? CUDA_ERROR_INVALID_VALUE : freeing();
}

void report_no_memory(const Call& call, std::uint8_t device, std::uint64_t asked, const PoolStock& stock,
                      MemoryInfo drivers, std::uint64_t limit, CUresult result) noexcept {
  engine::cuda_out_of_memory({.space = Space::Device,
                              .device = device,
                              .asked = asked,
                              .driver_free = drivers.free,
                              .driver_total = drivers.total,
                              .live = stock.live,
                              .idle = stock.idle,
                              .pending = stock.pending,
                              .largest_idle = stock.largest_idle,
                              .largest_pending = stock.largest_pending,
                              .limit = limit,
                              .result = static_cast<std::uint32_t>(result)},
                             call.caller());
}

void export_from_device_pool(CUdeviceptr address) noexcept {
  if (load_acquire(g_is_used) != 0) (void)g_pool.mark_exported(address);
}

std::uint64_t pooled_bytes_at(CUdeviceptr block) noexcept {
  return load_acquire(g_is_used) != 0 ? g_pool.requested_of(block) : 0;
}

bool is_freed_in_device_pool(CUdeviceptr block) noexcept {
  return load_acquire(g_is_used) != 0 && g_pool.owns(block) && g_pool.requested_of(block) == 0;
}

bool has_device_pool() noexcept { return load_acquire(g_is_used) != 0; }

PoolStock device_pool_stock(std::uint8_t device) noexcept {
  if (!has_device_pool()) return {};
  const Pool::Held held = g_pool.held(device);
  return {held.live, held.idle, held.pending, held.largest_idle, held.largest_pending};
}

profile::PoolRecord& device_pool_record(std::uint8_t device) noexcept {
  std::size_t total = 0;
  if (ask::device_total(&total, device) != CUDA_SUCCESS) total = 0;
  return *numbers_of(device, engine::options().device_idle_max.of(total)).pool;
}

namespace {
/// The driver takes its memory in chunks of 2 MiB: a block of more than half of one has its chunk for itself, nearly always, so
/// that freeing it would free the chunk.
std::uint64_t rest_of_chunks(std::uint8_t device) noexcept {
  constexpr std::uint64_t kChunk = 2U << 20;
  const profile::PoolClassRecord* const classes = numbers_of(device, 0).classes;
  std::uint64_t rest = 0;
  for (std::uint32_t bin = pool::bin_of(kChunk / 2) + 1; pool::bin_bytes(bin) <= pool::kLarge; ++bin) {
    const std::uint64_t bytes = pool::bin_bytes(bin), over = bytes % kChunk;
    const std::int64_t blocks =
        load_relaxed(classes[bin].idle_blocks) + load_relaxed(classes[bin].pending_blocks);
    if (over != 0 && blocks > 0) rest += static_cast<std::uint64_t>(blocks) * (kChunk - over);
  }
  return rest;
}
}  // namespace

std::uint64_t pooled_free_bytes(std::uint8_t device) noexcept {
  if (load_acquire(g_is_used) == 0) return 0;
  const Pool::Held held = g_pool.held(device);
  std::uint64_t uncarved = 0;
  if (kind() == profile::PoolKind::Slab) uncarved = g_slabs.free_bytes(&device_pool_record(device));
  const std::uint64_t kept = held.idle + held.pending + uncarved;
  return kept == 0 ? 0 : kept + rest_of_chunks(device);
}

profile::PoolRecord* device_pool_gives_back(std::uint8_t device) noexcept {
  if (!has_device_pool()) return nullptr;
  DeviceSource driver;
  Source source{driver, g_slabs};
  const std::uint64_t given = g_pool.give_way(source, device);
  learn(driver);
  return given != 0 ? &device_pool_record(device) : nullptr;
}

bool find_carved(CUdeviceptr address, CarvedBlock& found) noexcept {
  pool::Slabs::Carved carved{};
  if (!has_device_pool() || !g_slabs.find(address, carved)) return false;
  found = {carved.slab, carved.base, carved.bytes};
  return true;
}

bool is_carved(CUdeviceptr block) noexcept { return has_device_pool() && g_pool.is_carved(block); }

std::uint64_t newest_device_free(int number) noexcept {
  Domain* domain = number >= 0 ? load_acquire(g_domains[number]) : nullptr;
  return domain != nullptr && is_only_context(number) ? g_pool.newest_free(*domain) : 0;
}

void device_pool_settled(int number, std::uint64_t upto) noexcept {
  Domain* domain = upto != 0 ? load_acquire(g_domains[number]) : nullptr;
  if (domain == nullptr) return;
  DeviceSource driver;
  Source source{driver, g_slabs};
  g_pool.settled(source, *domain, upto);
  learn(driver);
}

void device_pool_ending(int number) noexcept {
  Domain* domain = number >= 0 ? load_acquire(g_domains[number]) : nullptr;
  if (domain != nullptr) g_pool.ending(*domain);
}

void device_pool_ended(int number, bool is_over) noexcept {
  Domain* domain = number >= 0 ? load_acquire(g_domains[number]) : nullptr;
  if (domain == nullptr) return;
  DeviceSource driver;
  Source source{driver, g_slabs};
  g_pool.ended(source, *domain, is_over);
  if (!is_over) return;
  store_release(g_domains[number], static_cast<Domain*>(nullptr));
  store_release(g_has_failed[number], 0U);
}

}  // namespace weir::cuda
