// Devices and pools of many processes: by the ordinal that each of them uses.
#include <algorithm>
#include <cstring>

#include "tool/merge/saturate.hpp"
#include "tool/merge/tables.hpp"

namespace weir::tool {
namespace {

template <class Record, class Number>
void add_fields(Record& sum, const Record& more, std::initializer_list<Number Record::*> fields) {
  for (const auto field : fields) add_to(sum.*field, more.*field);
}

void add(Device& sum, const Device& more) {
  using R = profile::DeviceRecord;
  add_fields<R, std::int64_t>(sum.record, more.record,
                              {&R::live, &R::peak, &R::managed_live, &R::managed_peak, &R::ordered_live});
  add_fields<R, std::uint64_t>(sum.record, more.record,
                               {&R::pools_reserved, &R::pools_used, &R::looks, &R::looks_took_ns});
  sum.record.pools_at_ns = std::max(sum.record.pools_at_ns, more.record.pools_at_ns);
  sum.record.total = std::max(sum.record.total, more.record.total);
  sum.record.peak_at_ns = 0;
  // What the driver says is of all processes: sums of it would mean nothing.
  sum.record.first = sum.record.last = sum.record.highest = {};
  sum.record.extra_first = sum.record.extra_last = sum.record.extra_highest = 0;
  add_to(sum.processes, more.processes);
  if (sum.name == more.name || more.name.empty()) return;
  sum.name = sum.name.empty() ? more.name : "several kinds";
  std::memset(sum.record.name, 0, sizeof(sum.record.name));
  sum.name.copy(sum.record.name, sizeof(sum.record.name) - 1);
}

void add_classes(Pool& sum, const Pool& more) {
  using R = profile::PoolClassRecord;
  for (const R& each : more.classes) {
    const auto at = std::lower_bound(sum.classes.begin(), sum.classes.end(), each,
                                     [](const R& a, const R& b) { return a.bytes < b.bytes; });
    if (at == sum.classes.end() || at->bytes != each.bytes) {
      sum.classes.insert(at, each);
      continue;
    }
    add_fields<R, std::int64_t>(*at, each,
                                {&R::live_blocks, &R::idle_blocks, &R::pending_blocks, &R::idle_bytes});
    add_fields<R, std::uint64_t>(*at, each, {&R::hits, &R::misses, &R::source_ns});
  }
}

/// Policy and mode are the first's.
void add(Pool& sum, const Pool& more) {
  using R = profile::PoolRecord;
  add_fields<R, std::int64_t>(
      sum.record, more.record,
      {&R::live_bytes, &R::live_blocks, &R::requested_bytes, &R::pending_bytes, &R::pending_blocks,
       &R::idle_bytes, &R::idle_blocks, &R::peak_live, &R::peak_reserved, &R::peak_idle, &R::peak_pending});
  add_fields<R, std::uint64_t>(sum.record, more.record,
                               {&R::idle_max,
                                &R::hits,
                                &R::misses,
                                &R::source_allocs,
                                &R::source_alloc_ns,
                                &R::source_frees,
                                &R::source_free_ns,
                                &R::frees,
                                &R::waits,
                                &R::wait_ns,
                                &R::marks,
                                &R::looks,
                                &R::mark_ns,
                                &R::retired_by_fence,
                                &R::retired_by_program,
                                &R::shed_blocks,
                                &R::shed_bytes,
                                &R::aside_allocs,
                                &R::aside_frees,
                                &R::exported_frees,
                                &R::callers_passed,
                                &R::unpooled,
                                &R::no_memory,
                                &R::rescue_wait_ns,
                                &R::contexts_ended,
                                &R::managed_bytes,
                                &R::managed_blocks,
                                &R::slab_bytes,
                                &R::slabs,
                                &R::rescued_others,
                                &R::slab_free_bytes,
                                &R::put_off_blocks});
  for (std::size_t i = 0; i != std::size(sum.record.rescued); ++i)
    add_to(sum.record.rescued[i], more.record.rescued[i]);
  sum.record.largest_idle = std::max(sum.record.largest_idle, more.record.largest_idle);
  add_to(sum.processes, more.processes);
  add_classes(sum, more);
}

}  // namespace

void add_devices(Profile& into, const Profile& from) {
  for (const Device& each : from.devices) {
    const auto at = std::lower_bound(into.devices.begin(), into.devices.end(), each,
                                     [](const Device& a, const Device& b) { return a.ordinal < b.ordinal; });
    if (at == into.devices.end() || at->ordinal != each.ordinal)
      into.devices.insert(at, each);
    else
      add(*at, each);
  }
}

void add_pools(Profile& into, const Profile& from) {
  const auto number = [](const Pool& pool) {
    return pool.record.space == Space::Pinned ? 0U : 1U + pool.record.device;
  };
  for (const Pool& each : from.pools) {
    const auto at = std::lower_bound(into.pools.begin(), into.pools.end(), each,
                                     [&](const Pool& a, const Pool& b) { return number(a) < number(b); });
    if (at == into.pools.end() || number(*at) != number(each))
      into.pools.insert(at, each);
    else
      add(*at, each);
  }
}

}  // namespace weir::tool
