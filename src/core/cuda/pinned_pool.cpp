#include "core/cuda/pinned_pool.hpp"

#include "core/cuda/give_way.hpp"
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
constinit Domain* g_domains[Pool::kMostDomains]{};  ///< never taken out: a place that has ended is begun anew
constinit std::uint32_t g_domain_count{};
constinit std::uint32_t g_is_open[Pool::kMostDomains]{};  ///< 0: the place has ended since
constinit platform::Lock g_opening{};

/// The index of the first that is wanted; kMostDomains: none is.
template <class Wanted>
std::uint32_t find_domain(Wanted wanted) noexcept {
  const std::uint32_t count = load_acquire(g_domain_count);
  for (std::uint32_t i = 0; i != count; ++i)
    if (wanted(*load_acquire(g_domains[i]))) return i;
  return Pool::kMostDomains;
}

bool is_deferred() noexcept { return engine::options().device_free == config::DeviceFree::Deferred; }

engine::CudaPoolNumbers numbers(std::uint64_t idle_max) noexcept {
  return engine::cuda_pool_numbers(Space::Pinned, 0, profile::PoolKind::Bucket,
                                   is_deferred() ? profile::PoolFree::Deferred : profile::PoolFree::Strict,
                                   idle_max);
}

/// Nothing can be proven any more: the driver takes back what is kept, which waits for all contexts as its own free of any
/// block does.
[[gnu::noinline, gnu::cold]] void give_up() noexcept {
  tell_of_unknown_contexts();
  PinnedSource source;
  const std::uint32_t count = load_acquire(g_domain_count);
  for (std::uint32_t i = 0; i != count; ++i) g_pool.abandon(source, *g_domains[i]);
}

void list_blocks(engine::NoteRange note, void* to) noexcept {
  g_pool.each_soon(
      [=](const pool::Block& block) noexcept { note(to, block.address, block.address + block.bytes); });
}

/// Of the current context. Null: this memory is not pooled, or not now.
[[gnu::noinline, gnu::cold]] Domain* open(const Call& call, const PinnedPlace& place) noexcept {
  // From here on the context does not end; it may have ended before, and its number may stand for another.
  const ContextUse use{place.number};
  if (!use || current_context() != place.number) return nullptr;
  if (engine::cuda_blocks_are_watched() || is_any_stream_capturing() || !are_contexts_known()) return nullptr;
  // A forked child must never come to the pool's locks: from here on it is known to be one.
  call.served();
  const std::uint64_t idle_max = engine::options().device_idle_max.of(platform::machine_bytes());
  const auto [pool_record, class_records] = numbers(idle_max);
  const pool::Policy policy{.classes = pool::Classes::Fine,
                            .free_mode = is_deferred() ? pool::FreeMode::Deferred : pool::FreeMode::Strict,
                            .idle_max = idle_max,
                            .rescue_wait_ns = kRescueWaitNs};
  engine::cuda_pool_lists_host_blocks(list_blocks);
  const platform::Holding hold{g_opening};
  Domain* domain = g_pool.open(place, kGroup, policy, {pool_record, class_records});
  if (domain == nullptr) return nullptr;
  std::uint32_t at = find_domain([=](const Domain& it) { return &it == domain; });
  if (at == Pool::kMostDomains) {
    at = g_domain_count;
    store_relaxed(g_domains[at], domain);
    store_release(g_domain_count, at + 1);
  }
  store_release(g_is_open[at], 1U);
  return domain;
}

/// Null: not pooled.
Domain* domain_for(const Call& call, const PinnedPlace& place) noexcept {
  if (!engine::options().pinned_pool.on) return nullptr;
  const std::uint32_t at = find_domain([&](const Domain& it) { return it.place == place; });
  const bool is_open = at != Pool::kMostDomains && load_acquire(g_is_open[at]) != 0;
  Domain* domain = is_open ? g_domains[at] : open(call, place);
  if (domain == nullptr || !engine::cuda_is_passed_by(call.caller())) [[likely]]
    return domain;
  add_shared(numbers(domain->policy.idle_max).pool->callers_passed, 1);
  return nullptr;
}

CUresult allocate(Call& call, const AllocateHost& real, unsigned kind, void** out, std::size_t bytes,
                  Owner& owner) noexcept {
  const bool is_good = out != nullptr && bytes != 0 && (real.flags & ~kKnownFlags) == 0;
  const int context = is_good ? current_context() : -1;
  if (context < 0) return real(out, bytes);
  owner = {load_relaxed(seen_context(context).handle), seen_context(context).device};
  Domain* domain = domain_for(call, {context, kind});
  PinnedSource source{real, owner.device};
  if (domain == nullptr) {
    const CUresult result = source.allocate_from_driver(out, bytes);
    return with_second_try(Lack{.route = {}, .is_host = true, .is_in_call = true, .device = Lack::kCurrent},
                           result, [&]() noexcept { return source.allocate_from_driver(out, bytes); });
  }
  std::uint64_t address = 0;
  const CUresult result = g_pool.allocate(source, *domain, bytes, address);
  if (result == CUDA_SUCCESS) *out = reinterpret_cast<void*>(address);
  return result;
}

}  // namespace

CUresult pooled_allocate_host(Call& call, CUresult (*real)(void**, std::size_t), void** out,
                              std::size_t bytes, Owner& owner) noexcept {
  return allocate(call, {.plain = real, .flagged = nullptr, .flags = 0}, PinnedPlace::kPlain, out, bytes,
                  owner);
}

CUresult pooled_allocate_host(Call& call, CUresult (*real)(void**, std::size_t, unsigned), void** out,
                              std::size_t bytes, unsigned flags, Owner& owner) noexcept {
  return allocate(call, {.plain = nullptr, .flagged = real, .flags = flags}, flags, out, bytes, owner);
}

CUresult pooled_free_host(CUresult (*real)(void*), void* block) noexcept {
  if (block == nullptr || !has_pinned_pool()) return real(block);
  PinnedSource source{real, block, current_context() >= 0, is_deferred()};
  bool is_ours = false;
  CUresult result = g_pool.free(source, key_of(block), is_ours);
  if (!is_ours) result = real(block);
  if (!are_contexts_known()) [[unlikely]]
    give_up();
  return result;
}

void export_from_pinned_pool(CUdeviceptr block) noexcept {
  if (has_pinned_pool()) (void)g_pool.mark_exported(block);
}

std::uint64_t pooled_host_bytes_at(CUdeviceptr block) noexcept {
  return has_pinned_pool() ? g_pool.requested_of(block) : 0;
}

bool is_freed_in_pinned_pool(CUdeviceptr block) noexcept {
  return has_pinned_pool() && g_pool.owns(block) && g_pool.requested_of(block) == 0;
}

profile::PoolRecord* pinned_pool_gives_back() noexcept {
  if (!has_pinned_pool()) return nullptr;
  PinnedSource source;
  return g_pool.give_way(source, kGroup) != 0 ? g_domains[0]->numbers.pool : nullptr;
}

bool has_pinned_pool() noexcept { return load_acquire(g_domain_count) != 0; }

PinnedFrees newest_pinned_frees(int number) noexcept {
  PinnedFrees frees{};
  const std::uint32_t count = load_acquire(g_domain_count);
  if (count == 0 || !is_deferred() || !is_only_context(number)) return frees;
  for (std::uint32_t i = 0; i != count && i != PinnedFrees::kMost; ++i)
    if (g_domains[i]->place.number == number) frees.upto[i] = g_pool.newest_free(*g_domains[i]);
  return frees;
}

void pinned_pool_settled(const PinnedFrees& frees) noexcept {
  PinnedSource source;
  for (std::uint32_t i = 0; i != PinnedFrees::kMost; ++i)
    if (frees.upto[i] != 0) g_pool.settled(source, *g_domains[i], frees.upto[i]);
}

void pinned_pool_ending(int number) noexcept {
  const std::uint32_t count = load_acquire(g_domain_count);
  for (std::uint32_t i = 0; i != count; ++i)
    if (g_domains[i]->place.number == number) g_pool.ending(*g_domains[i]);
}

void pinned_pool_ended(int number, bool is_over) noexcept {
  const std::uint32_t count = load_acquire(g_domain_count);
  PinnedSource source;
  for (std::uint32_t i = 0; i != count; ++i) {
    if (g_domains[i]->place.number != number) continue;
    if (is_over) store_release(g_is_open[i], 0U);
    g_pool.ended(source, *g_domains[i], is_over);
  }
}

}  // namespace weir::cuda
