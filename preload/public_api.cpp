// The bodies of include/weir/weir.h.
#include <cstring>

#include "hook.hpp"
#include "weir/weir.h"

using namespace weir;

namespace {

/// As much of it as the caller, who may be older or newer, has room for; it begins with that size.
template <class Result>
int hand_out(Result all, Result* out) {
  all.struct_size = out->struct_size;
  std::memcpy(out, &all, all.struct_size < sizeof(all) ? all.struct_size : sizeof(all));
  return 0;
}

}  // namespace

extern "C" int weir_get_totals(weir_space space, weir_totals* out) {
  if (space != WEIR_HOST || out == nullptr || out->struct_size < sizeof(size_t)) return -1;
  engine::HostTotals host;
  if (!engine::host_totals(host)) return -1;
  weir_totals all{};
  all.live_bytes = host.live_bytes;
  all.live_blocks = host.live_blocks;
  all.allocated_bytes = host.allocated_bytes;
  all.allocated_blocks = host.allocated_blocks;
  all.peak_bytes = host.peak_bytes;
  return hand_out(all, out);
}

extern "C" int weir_scan(weir_verdict* out) {
  if (out == nullptr || out->struct_size < sizeof(size_t)) return -1;
  engine::ScanTotals heap;
  if (!engine::scan_now(heap)) return -1;
  weir_verdict all{};
  all.lost_blocks = heap.lost_blocks;
  all.lost_bytes = heap.lost_bytes;
  all.reachable_blocks = heap.reachable_blocks;
  all.reachable_bytes = heap.reachable_bytes;
  all.took_ns = heap.took_ns;
  return hand_out(all, out);
}

extern "C" const char* weir_profile_path() { return engine::profile_path(); }
