// What was seen of CUDA beside its blocks: devices, routes, functions that got by unhooked.
#include <cstring>
#include <string_view>

#include "core/base/text.hpp"
#include "core/engine/cuda_count.hpp"
#include "core/engine/cuda_pools.hpp"
#include "core/engine/handler_path.hpp"
#include "core/engine/operation.hpp"

namespace weir::engine {
namespace {

using profile::DeepbindRecord;
using profile::DeviceLook;
using profile::DeviceRecord;
using profile::UnhookedRecord;

/// The driver is asked at most so often, and at most for this part of the time.
constexpr std::uint64_t kLookEveryNs = 100'000'000;
constexpr std::uint64_t kShareOfTime = 50;
constexpr std::uint64_t kLookAfterFailureNs = 1'000'000'000;
/// Sooner when this much more is live than when it was last asked …
constexpr std::int64_t kMuchMore = 64 << 20;
/// … or, after a pause that only the first looks need not keep, twice as much or half; changes below the driver's own
/// granularity are none.
constexpr std::uint64_t kShortPauseNs = 10'000'000;
constexpr std::uint64_t kFirstLooks = 8;
constexpr std::int64_t kLeastChange = 2 << 20;

constinit platform::Lock g_lock{};  ///< of the two tables; the profile map's is taken within it
constinit UnhookedRecord* g_unhooked{};
constinit DeepbindRecord* g_deepbinds{};

/// When the driver may next be asked about a device, after start. 0: never asked.
constinit std::atomic<std::uint64_t> g_next_look_ns[profile::kMaxDevices]{};
constinit std::atomic<std::uint64_t> g_soonest_look_ns[profile::kMaxDevices]{};
constinit std::atomic<std::uint64_t> g_short_pause_over_ns[profile::kMaxDevices]{};
constinit std::atomic<std::int64_t> g_live_at_look[profile::kMaxDevices]{};

/// Is what is live now worth another look?
bool has_changed(const DeviceRecord& record, std::int64_t then, std::uint64_t now_ns,
                 std::uint64_t short_pause_over_ns) noexcept {
  const std::int64_t now = load_relaxed(record.live);
  if (now - then < kLeastChange && then - now < kLeastChange) [[likely]]
    return false;
  if (now - then > kMuchMore) return true;
  const bool is_doubled = now >= 2 * then && now - then >= kLeastChange;
  const bool is_halved = then >= 2 * now && then - now >= kLeastChange;
  if (!is_doubled && !is_halved) return false;
  return load_relaxed(record.looks) < kFirstLooks || now_ns >= short_pause_over_ns;
}

/// Text of a field that is filled up with zeros; a full field is not terminated.
template <std::size_t N>
std::string_view text_of(const char (&field)[N]) noexcept {
  return {field, ::strnlen(field, N)};
}
template <std::size_t N>
std::string_view cut(const char* text, const char (&)[N]) noexcept {
  return {text, ::strnlen(text, N - 1)};
}

/// The record of a table that `is_it`, or a new one that `fill`ed; counts it up. `chunk`: the table, made when needed.
template <class Record, class IsIt, class Fill>
void count_up(Record*& chunk, profile::ChunkKind kind, std::uint32_t most, IsIt is_it, Fill fill) noexcept {
  const platform::Holding hold{g_lock};
  if (chunk == nullptr) chunk = reinterpret_cast<Record*>(g_map.add_chunk(kind, 0, 0));
  for (std::uint32_t i = 0; chunk != nullptr && i != most; ++i) {
    Record& record = chunk[i];
    if (record.ready != 0 && !is_it(record)) continue;
    if (record.ready == 0) {
      fill(record);
      store_release(record.ready, decltype(record.ready){1});
    }
    store_relaxed(record.times, record.times + 1);
    return;
  }
  add_shared(losses().cuda_facts_dropped, 1);
}

/// Runs `act` with the books open.
template <class Act>
void in_operation(Caller caller, Act act) noexcept {
  ThreadState& self = t_self;
  if (!may_record_cuda(self, caller)) return;
  const Operation operation{self, caller};
  if (counts_cuda()) act();
}

}  // namespace

bool cuda_called(CudaRoute route, Caller caller) noexcept {
  ThreadState& self = t_self;
  if (self.inside() && is_inside(self, caller)) [[unlikely]]
    return false;
  self.uncounted_call = static_cast<std::uint8_t>(static_cast<unsigned>(route) + 1);
  return true;
}

[[gnu::noinline]] static void count_call_by_itself(ThreadState& self) noexcept {
  // In a forked child that has not begun yet the header is still the parent's.
  const KeepOut keep_out;
  if (counts_cuda() && load_relaxed(g_guard->generation) != 0 && keep_out.entered) {
    const platform::Holding hold{g_cuda.lock};
    count_cuda_call(self);
  }
  self.uncounted_call = 0;
}

void cuda_call_over() noexcept {
  if (t_self.uncounted_call != 0) count_call_by_itself(t_self);
}

void cuda_unhooked(const char* name, CudaRoute route, const char* why) noexcept {
  in_operation(caller_of(__builtin_frame_address(0)), [&] {
    const auto number = static_cast<std::uint32_t>(route);
    count_up(
        g_unhooked, profile::ChunkKind::Unhooked, profile::kMaxUnhooked,
        [&](const UnhookedRecord& r) {
          return r.route == number && text_of(r.name) == cut(name, r.name) &&
                 text_of(r.why) == cut(why, r.why);
        },
        [&](UnhookedRecord& r) {
          copy_text(r.name, cut(name, r.name));
          copy_text(r.why, cut(why, r.why));
          r.route = number;
        });
  });
  stay();
}

void cuda_deepbind_open(const char* path) noexcept {
  if (path == nullptr) path = "";
  in_operation(caller_of(__builtin_frame_address(0)), [&] {
    count_up(
        g_deepbinds, profile::ChunkKind::DeepbindOpens, profile::kMaxDeepbinds,
        [&](const DeepbindRecord& r) { return text_of(r.path) == cut(path, r.path); },
        [&](DeepbindRecord& r) { copy_text(r.path, cut(path, r.path)); });
  });
  stay();
}

void cuda_device_seen(std::uint8_t device, const char* name, std::uint64_t total) noexcept {
  in_operation(caller_of(__builtin_frame_address(0)), [&] {
    const platform::Holding hold{g_cuda.lock};
    DeviceRecord* record = cuda_device(device);
    if (record == nullptr) return;
    if (record->name[0] == '\0') copy_text(record->name, cut(name, record->name));
    store_relaxed(record->total, total);
  });
  stay();
}

bool cuda_memory_due(std::uint8_t device) noexcept {
  if (!counts_cuda() || load_relaxed(g_guard->generation) == 0) return false;
  const std::uint64_t next = g_next_look_ns[device].load(std::memory_order_relaxed);
  if (next == 0) return true;
  const std::uint64_t now =
      load_relaxed(header().last_seen_ns);  // the operation before this has looked at the clock
  if (now >= next) return true;
  if (now < g_soonest_look_ns[device].load(std::memory_order_relaxed)) return false;
  const DeviceRecord* record = load_acquire(g_cuda.known_devices[device]);
  return record != nullptr && has_changed(*record, g_live_at_look[device].load(std::memory_order_relaxed),
                                          now, g_short_pause_over_ns[device].load(std::memory_order_relaxed));
}

void cuda_memory_unknown(std::uint8_t device, std::uint64_t took_ns) noexcept {
  if (!counts_cuda() || load_relaxed(g_guard->generation) == 0) return;
  const std::uint64_t later = since_start_ns() + took_ns * kShareOfTime + kLookAfterFailureNs;
  g_soonest_look_ns[device].store(later, std::memory_order_relaxed);
  g_next_look_ns[device].store(later, std::memory_order_relaxed);
}

void cuda_memory_seen(std::uint8_t device, std::uint64_t free, std::uint64_t total,
                      std::uint64_t took_ns) noexcept {
  in_operation(caller_of(__builtin_frame_address(0)), [&] {
    const std::uint64_t now = since_start_ns();
    const std::uint64_t pause = took_ns * kShareOfTime;
    g_soonest_look_ns[device].store(now + pause, std::memory_order_relaxed);
    g_short_pause_over_ns[device].store(now + kShortPauseNs, std::memory_order_relaxed);
    g_next_look_ns[device].store(now + (pause > kLookEveryNs ? pause : kLookEveryNs),
                                 std::memory_order_relaxed);
    const platform::Holding hold{g_cuda.lock};
    DeviceRecord* record = cuda_device(device);
    if (record == nullptr) return;
    const DeviceLook look{.at_ns = now,
                          .used = total > free ? total - free : 0,
                          .tracked = static_cast<std::uint64_t>(record->live),
                          .ordered = static_cast<std::uint64_t>(record->ordered_live),
                          .pools_reserved = record->pools_reserved};
    const std::uint64_t extra = cuda_pool_extra(device);
    g_live_at_look[device].store(record->live, std::memory_order_relaxed);
    store_relaxed(record->total, total);
    const bool is_first = record->looks == 0, is_highest = is_first || look.used > record->highest.used;
    if (is_first) record->first = look, store_relaxed(record->extra_first, extra);
    if (is_highest) record->highest = look, store_relaxed(record->extra_highest, extra);
    record->last = look;
    store_relaxed(record->extra_last, extra);
    store_relaxed(record->looks_took_ns, record->looks_took_ns + took_ns);
    store_relaxed(record->looks, record->looks + 1);
  });
  stay();
}

void cuda_pools_seen(std::uint8_t device, std::uint64_t reserved, std::uint64_t used) noexcept {
  in_operation(caller_of(__builtin_frame_address(0)), [&] {
    const std::uint64_t now = since_start_ns();
    const platform::Holding hold{g_cuda.lock};
    DeviceRecord* record = cuda_device(device);
    if (record == nullptr) return;
    store_relaxed(record->pools_reserved, reserved);
    store_relaxed(record->pools_used, used);
    store_relaxed(record->pools_at_ns, now);
    // The pools are asked right after the device: what they hold belongs to that look, not to the next.
    if (record->looks == 0) return;
    for (DeviceLook* look : {&record->first, &record->highest})
      if (look->at_ns == record->last.at_ns) store_relaxed(look->pools_reserved, reserved);
    store_relaxed(record->last.pools_reserved, reserved);
  });
  stay();
}

void cuda_driver_seen(std::uint32_t version) noexcept {
  in_operation(caller_of(__builtin_frame_address(0)),
               [&] { store_relaxed(header().cuda_driver_version, version); });
  stay();
}

void forget_cuda_facts() noexcept {
  g_lock.reset();
  if (g_unhooked != nullptr) std::memset(g_unhooked, 0, profile::kChunkBytes);
  if (g_deepbinds != nullptr) std::memset(g_deepbinds, 0, profile::kChunkBytes);
  for (auto& next : g_next_look_ns) next.store(0, std::memory_order_relaxed);
}

}  // namespace weir::engine
