#include "core/cuda/pinned_pool.hpp"

#include <sys/sysinfo.h>

#include "core/cuda/numa_nearest.hpp"
#include "core/cuda/pinned_source.hpp"
#include "core/engine/cuda_pools.hpp"

namespace weir::cuda {
namespace {

using Pool = pool::SharedPool<PinnedSource>;
using Domain = Pool::Domain;

constexpr std::uint64_t kRescueWaitNs = 100'000'000;
constexpr std::uint64_t kGroup = 0;  ///< there is one machine
constexpr unsigned kKnownFlags =
    CU_MEMHOSTALLOC_PORTABLE | CU_MEMHOSTALLOC_DEVICEMAP | CU_MEMHOSTALLOC_WRITECOMBINED;

constinit Pool g_pool{};
constinit Domain* g_domains[Pool::kMostDomains]{};  ///< null: a place whose context has ended
constinit std::uint32_t g_domain_count{};           ///< slots in use, null ones too

/// Domains are opened, and contexts end, one after the other: a domain that an ending context does not have is not opened
/// until it is over. Held over neither the driver nor the pool's source.
constinit platform::Lock g_lives{};
constinit std::uint32_t g_ending{};  ///< contexts that are ending

bool is_used() noexcept { return load_acquire(g_domain_count) != 0; }

/// Null: there is none.
template <class Wanted>
Domain* find_domain(Wanted wanted) noexcept {
  const std::uint32_t count = load_acquire(g_domain_count);
  for (std::uint32_t i = 0; i != count; ++i) {
    Domain* domain = load_acquire(g_domains[i]);
    if (domain != nullptr && wanted(domain->place)) return domain;
  }
  return nullptr;
}

/// g_lives is held.
void enter(Domain* domain) noexcept {
  std::uint32_t slot = 0;
  while (slot != g_domain_count && g_domains[slot] != nullptr) ++slot;
  if (slot == Pool::kMostDomains) return;  // the pool has no more of them either
  store_release(g_domains[slot], domain);
  if (slot == g_domain_count) store_release(g_domain_count, slot + 1);
}

bool is_deferred() noexcept { return engine::options().device_free == config::DeviceFree::Deferred; }

std::uint64_t machine_bytes() noexcept {
  struct sysinfo machine {};
  if (platform::raw_syscall(SYS_sysinfo, &machine) != 0) return 0;
  return std::uint64_t{machine.totalram} * machine.mem_unit;
}

engine::CudaPoolNumbers numbers(std::uint64_t idle_max) noexcept {
  return engine::cuda_pool_numbers(Space::Pinned, 0, profile::PoolKind::Bucket,
                                   is_deferred() ? profile::PoolFree::Deferred : profile::PoolFree::Strict,
                                   idle_max);
}

/// Null: this memory is not pooled, or not now.
[[gnu::noinline, gnu::cold]] Domain* open(const Call& call, const PinnedPlace& place) noexcept {
  if (engine::cuda_blocks_are_watched() || is_any_stream_capturing()) return nullptr;
  // A forked child must never come to the pool's locks: from here on it is known to be one.
  call.served();
  const std::uint64_t idle_max = engine::options().device_idle_max.of(machine_bytes());
  const auto [pool_record, class_records] = numbers(idle_max);
  const pool::Policy policy{
      .classes = pool::Classes::Fine,
      .free_mode = is_deferred() ? pool::FreeMode::Deferred : pool::FreeMode::Strict,
      .idle_max = idle_max,
      .rescue_wait_ns = kRescueWaitNs};
  const platform::Holding hold{g_lives};
  if (g_ending != 0) return nullptr;
  Domain* domain = find_domain([&](const PinnedPlace& other) { return other == place; });
  if (domain != nullptr) return domain;  // another thread was faster
  domain = g_pool.open(place, kGroup, policy, {pool_record, class_records});
  if (domain != nullptr) enter(domain);
  return domain;
}

/// Null: not pooled.
Domain* domain_for(const Call& call, int context, unsigned flags) noexcept {
  if (context < 0 || !engine::options().pinned_pool.on) return nullptr;
  const PinnedPlace place{seen_context(context).handle, context, flags};
  Domain* domain = find_domain([&](const PinnedPlace& other) { return other == place; });
  if (domain == nullptr) [[unlikely]]
    domain = open(call, place);
  if (domain == nullptr || !engine::cuda_is_passed_by(call.caller())) [[likely]]
    return domain;
  add_shared(numbers(domain->policy.idle_max).pool->callers_passed, 1);
  return nullptr;
}

CUresult allocate(const Call& call, const AllocateHost& real, unsigned kind, void** out,
                  std::size_t bytes) noexcept {
  const bool is_plain_request = out != nullptr && bytes != 0 && (real.flags & ~kKnownFlags) == 0;
  const int context = is_plain_request ? current_context() : -1;
  if (context < 0) return real(out, bytes);
  Domain* domain = domain_for(call, context, kind);
  PinnedSource source{real, node_for_pinned(seen_context(context).device)};
  if (domain == nullptr) return source.allocate_from_driver(out, bytes);
  std::uint64_t address = 0;
  const CUresult result = g_pool.allocate(source, *domain, bytes, address);
  if (result == CUDA_SUCCESS) *out = reinterpret_cast<void*>(address);
  return result;
}

bool has_context() noexcept {
  const int context = current_context();
  return context >= 0 && load_acquire(seen_context(context).is_alive) != 0;
}

}  // namespace

CUresult pooled_allocate_host(Call& call, CUresult (*real)(void**, std::size_t), void** out,
                              std::size_t bytes) noexcept {
  return allocate(call, {.plain = real, .flagged = nullptr, .flags = 0}, PinnedPlace::kPlain, out, bytes);
}

CUresult pooled_allocate_host(Call& call, CUresult (*real)(void**, std::size_t, unsigned), void** out,
                              std::size_t bytes, unsigned flags) noexcept {
  return allocate(call, {.plain = nullptr, .flagged = real, .flags = flags}, flags, out, bytes);
}

CUresult pooled_free_host(CUresult (*real)(void*), void* block) noexcept {
  if (block == nullptr || !is_used()) return real(block);
  PinnedSource source{real, block, has_context()};
  bool is_ours = false;
  const CUresult result = g_pool.free(source, key_of(block), is_ours);
  return is_ours ? result : real(block);
}

void export_from_pinned_pool(std::uint64_t address) noexcept {
  if (is_used()) (void)g_pool.mark_exported(address);
}

std::uint64_t pooled_host_bytes_at(const void* block) noexcept {
  return is_used() ? g_pool.requested_of(key_of(block)) : 0;
}

void pinned_pool_ending(std::uint64_t context) noexcept {
  if (!engine::options().pinned_pool.on || context == 0) return;
  const platform::Holding hold{g_lives};
  ++g_ending;
  for (Domain* domain : g_domains)
    if (domain != nullptr && domain->place.context == context) g_pool.ending(*domain);
}

void pinned_pool_ended(std::uint64_t context, bool is_over) noexcept {
  if (!engine::options().pinned_pool.on || context == 0) return;
  const platform::Holding hold{g_lives};
  --g_ending;
  for (Domain*& slot : g_domains) {
    if (slot == nullptr || slot->place.context != context) continue;
    g_pool.ended(*slot, is_over);
    if (is_over) store_release(slot, static_cast<Domain*>(nullptr));
  }
}

}  // namespace weir::cuda
