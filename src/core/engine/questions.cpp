// What the program may ask of weir and its allocator.
#include "core/engine/engine.hpp"
#include "core/engine/handler_path.hpp"
#include "core/engine/state.hpp"
#include "core/host/host.hpp"

namespace weir::engine {

bool host_totals(HostTotals& out) noexcept {
  if (!g_counting.load(std::memory_order_relaxed)) return false;
  const track::Sums sums = g_shards.sums(g_first_own_site);
  const std::uint64_t unit = is_sampled() ? profile::kBlockUnits : 1;
  const std::uint64_t live = sums.allocated_bytes - sums.freed_bytes;
  const auto peak = static_cast<std::uint64_t>(load_relaxed(header().peak_bytes[kHost]));
  out = {.live_bytes = live,
         .live_blocks = (sums.allocated_blocks - sums.freed_blocks) / unit,
         .allocated_bytes = sums.allocated_bytes,
         .allocated_blocks = sums.allocated_blocks / unit,
         .peak_bytes = live > peak ? live : peak};
  return true;
}

AllocatorTotals allocator_totals() noexcept {
  if (g_mode.load(std::memory_order_acquire) == Mode::Cold) start_cold();
  const KeepOut keep_out;
  if (!keep_out.entered) return {};  // in a signal handler: jemalloc's locks may be held below us
  const host::Totals t = host::totals();
  return {.allocated = t.allocated, .active = t.active, .resident = t.resident, .mapped = t.mapped};
}

bool trim_allocator() noexcept {
  const std::size_t before = allocator_totals().resident;
  {
    const KeepOut keep_out;
    if (!keep_out.entered) return false;
    host::purge();
  }
  return allocator_totals().resident < before;
}

bool is_kept_out(Caller caller) noexcept {
  ThreadState& self = t_self;
  return self.inside() && is_inside(self, caller);
}

const char* profile_path() noexcept { return g_map.exists() && g_map.has_file() ? g_map.path() : nullptr; }

}  // namespace weir::engine
