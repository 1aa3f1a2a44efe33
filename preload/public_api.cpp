// The bodies of include/weir/weir.h.
#include <cstring>

#include "hook.hpp"
#include "weir/weir.h"

using namespace weir;

extern "C" int weir_get_totals(weir_space space, weir_totals* out) {
  if (space != WEIR_HOST || out == nullptr || out->struct_size < sizeof(size_t)) return -1;
  engine::HostTotals host;
  if (!engine::host_totals(host)) return -1;
  weir_totals all{};
  all.struct_size = out->struct_size;
  all.live_bytes = host.live_bytes;
  all.live_blocks = host.live_blocks;
  all.allocated_bytes = host.allocated_bytes;
  all.allocated_blocks = host.allocated_blocks;
  all.peak_bytes = host.peak_bytes;
  std::memcpy(out, &all, all.struct_size < sizeof(all) ? all.struct_size : sizeof(all));
  return 0;
}

extern "C" const char* weir_profile_path() { return engine::profile_path(); }
