// The moment when memory ran out: who asked, what there was, who held the rest.
#include <cstring>
#include <string_view>

#include "core/base/text.hpp"
#include "core/engine/capture_site.hpp"
#include "core/engine/cuda_count.hpp"
#include "core/engine/cuda_pools.hpp"
#include "core/engine/operation.hpp"

namespace weir::engine {
namespace {

using profile::OutOfMemoryRecord;
using profile::Space;
using Holder = OutOfMemoryRecord::Holder;

constexpr std::size_t kMostHolders = sizeof(OutOfMemoryRecord::holders) / sizeof(Holder);
constexpr std::size_t kHoldersTold = 3;

constinit OutOfMemoryRecord* g_records{};  ///< under the books' lock
constinit std::atomic<bool> g_told{};

/// The table's record for this place of the program, with its times counted up; a new one is filled by the caller. Null: no
/// room.
OutOfMemoryRecord* record_for(const CudaOutOfMemory& what, std::uint32_t site) noexcept {
  if (g_records == nullptr)
    g_records = reinterpret_cast<OutOfMemoryRecord*>(g_map.add_chunk(profile::ChunkKind::OutOfMemory, 0, 0));
  for (std::uint32_t i = 0; g_records != nullptr && i != profile::kMaxOutOfMemory; ++i) {
    OutOfMemoryRecord& record = g_records[i];
    if (record.ready == 0) return &record;
    if (record.site != site || record.space != what.space || record.device != what.device) continue;
    store_relaxed(record.times, record.times + 1);
    return &record;
  }
  add_shared(losses().cuda_facts_dropped, 1);
  return nullptr;
}

void enter_holder(OutOfMemoryRecord& record, const Holder& holder) noexcept {
  std::size_t at = record.holder_count;
  if (at == kMostHolders && record.holders[--at].bytes >= holder.bytes) return;
  for (; at != 0 && record.holders[at - 1].bytes < holder.bytes; --at)
    record.holders[at] = record.holders[at - 1];
  record.holders[at] = holder;
  if (record.holder_count != kMostHolders) ++record.holder_count;
}

/// Is what this site holds of the memory that ran out? The stand-in for sites without room stands for all devices.
bool is_of(const profile::SiteRecord& site, const OutOfMemoryRecord& record) noexcept {
  if (site.space != record.space) return false;
  return record.space == Space::Pinned || site.device == record.device ||
         (site.flags & profile::kSiteUnknown) != 0;
}

/// Under the books' lock: chunks of counters that CUDA never used are passed over whole.
void find_holders(OutOfMemoryRecord& record) noexcept {
  const std::uint64_t unit = is_sampled() ? profile::kBlockUnits : 1;
  constexpr std::uint32_t kStep = profile::kCountersPerChunk;
  const std::uint32_t end = g_sites.count();
  for (std::uint32_t first = g_first_own_site / kStep * kStep; first < end; first += kStep) {
    const profile::CounterRecord* counters = g_cuda.counters.find(first);
    if (counters == nullptr) continue;
    for (std::uint32_t i = 0; i != kStep && first + i < end; ++i) {
      const profile::CounterRecord& c = counters[i];
      if (first + i < g_first_own_site || c.allocated_bytes == c.freed_bytes) continue;
      if (!is_of(g_sites.record(first + i), record)) continue;
      enter_holder(record, {.site = first + i,
                            .reserved = 0,
                            .bytes = c.allocated_bytes - c.freed_bytes,
                            .blocks = (c.allocated_blocks - c.freed_blocks) / unit});
    }
  }
}

OutOfMemoryRecord record_of(const CudaOutOfMemory& what, std::uint32_t site) noexcept {
  OutOfMemoryRecord out{};
  out.at_ns = since_start_ns();
  out.asked = what.asked;
  out.driver_free = what.driver_free;
  out.driver_total = what.driver_total;
  out.live = what.live;
  out.idle = what.idle;
  out.pending = what.pending;
  out.largest_idle = what.largest_idle;
  out.largest_pending = what.largest_pending;
  out.tracked = what.space == Space::Pinned
                    ? static_cast<std::uint64_t>(
                          load_relaxed(header().flushed_live[static_cast<std::size_t>(Space::Pinned)]))
                    : cuda_tracked(what.device);
  out.site = site;
  out.result = what.result;
  out.space = what.space;
  out.device = what.device;
  out.times = 1;
  out.limit = what.limit;
  return out;
}

/// "1.25 GiB": three digits are enough to see what is meant.
void put_bytes(TextBuffer& line, std::uint64_t bytes) noexcept {
  constexpr std::string_view kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  std::size_t unit = 0;
  std::uint64_t rest = 0;
  for (; bytes >= 1024 && unit + 1 != std::size(kUnits); ++unit, bytes /= 1024) rest = bytes % 1024;
  line << bytes;
  if (unit != 0 && bytes < 100) line << "." << rest * 10 / 1024;
  line << " " << kUnits[unit];
}

constexpr std::string_view file_of(std::string_view path) noexcept {
  const std::size_t slash = path.rfind('/');
  if (slash != std::string_view::npos) path.remove_prefix(slash + 1);
  return path;
}

bool is_of_cuda(std::string_view file) noexcept {
  return file.starts_with("libcudart.") || file.starts_with("libcuda.") || file.starts_with("libweir.");
}

/// Module and offset of the youngest frame that is not CUDA's: names are found by the report.
void put_place(TextBuffer& line, std::uint32_t site) noexcept {
  std::uint32_t node = g_sites.record(site).node;
  for (std::uint32_t frames = 0; node != 0 && frames != g_config.stack_depth.frames; ++frames) {
    const profile::NodeRecord& frame = g_sites.frame(node);
    const profile::ModuleRecord* module = g_modules.at(frame.module);
    if (module == nullptr) break;
    const std::string_view file = file_of({module->path, module->path_bytes});
    if (!is_of_cuda(file)) {
      line << file << "+0x";
      char digits[16];
      std::size_t n = 0;
      std::uint64_t offset = frame.pc - module->base;
      do digits[n++] = "0123456789abcdef"[offset % 16];
      while ((offset /= 16) != 0);
      while (n != 0) line.put(digits[--n]);
      return;
    }
    node = frame.parent;
  }
  line << "a place that no file is known of";
}

void tell_request(const OutOfMemoryRecord& r) noexcept {
  char bytes[400];
  TextBuffer line{bytes};
  line << "weir: out of memory";
  if (r.space == Space::Device) line << " on device " << std::uint64_t{r.device};
  if (r.space == Space::Pinned) line << " (page-locked)";
  line << ": ";
  put_bytes(line, r.asked);
  line << " were asked for at ";
  put_place(line, r.site);
  platform::say(line.view());
}

void tell_holdings(const OutOfMemoryRecord& r) noexcept {
  char bytes[400];
  TextBuffer line{bytes};
  line << "weir:   ";
  if (r.driver_total != 0) {
    put_bytes(line, r.driver_free);
    line << " of ";
    put_bytes(line, r.driver_total);
    line << " were free, ";
  }
  put_bytes(line, r.idle);
  line << " idle in weir's pool (largest piece ";
  put_bytes(line, r.largest_idle);
  line << "), ";
  put_bytes(line, r.pending);
  line << " pending; ";
  put_bytes(line, r.tracked);
  line << " live";
  if (r.limit != 0) {
    line << "; WEIR_DEVICE_LIMIT is ";
    put_bytes(line, r.limit);
  }
  platform::say(line.view());
}

void tell_holders(const OutOfMemoryRecord& r) noexcept {
  for (std::size_t i = 0; i < r.holder_count && i < kHoldersTold; ++i) {
    char bytes[400];
    TextBuffer line{bytes};
    line << "weir:   ";
    put_bytes(line, r.holders[i].bytes);
    line << " in " << r.holders[i].blocks << (r.holders[i].blocks == 1 ? " block" : " blocks")
         << ", allocated at ";
    put_place(line, r.holders[i].site);
    platform::say(line.view());
  }
}

[[gnu::noinline]] void tell_where_to_read() noexcept {
  char bytes[700];
  TextBuffer line{bytes};
  line << "weir:   the call sites by name: weir report --only out_of_memory " << shown_profile_path();
  platform::say(line.view());
}

void tell(const OutOfMemoryRecord& record) noexcept {
  if (!may_speak() || g_told.exchange(true, std::memory_order_relaxed)) return;
  tell_request(record);
  tell_holdings(record);
  tell_holders(record);
  if (g_map.has_file()) tell_where_to_read();
}

[[gnu::noinline]] bool note(OutOfMemoryRecord& wanted, const CudaOutOfMemory& what) noexcept {
  const platform::Holding hold{g_cuda.lock};
  OutOfMemoryRecord* record = record_for(what, wanted.site);
  if (record != nullptr && record->ready != 0) return false;
  find_holders(wanted);
  if (record == nullptr) return true;
  *record = wanted;
  store_release(record->ready, std::uint64_t{1});
  return true;
}

}  // namespace

void cuda_out_of_memory(const CudaOutOfMemory& what, Caller caller) noexcept {
  ThreadState& self = t_self;
  if (!may_record_cuda(self, caller)) return;
  const Operation operation{self, caller};
  if (!counts_cuda()) return;
  OutOfMemoryRecord wanted = record_of(what, capture_site(self, caller));
  if (note(wanted, what)) tell(wanted);
  stay();
}

void forget_cuda_out_of_memory() noexcept {
  if (g_records != nullptr) std::memset(g_records, 0, profile::kChunkBytes);
  g_told.store(false, std::memory_order_relaxed);
}

}  // namespace weir::engine
