// What a program may ask the allocator about itself: answered from jemalloc's numbers in glibc's terms.
#include <errno.h>
#include <malloc.h>
#include <stdio.h>

#include <climits>

#include "hook.hpp"

using namespace weir;

namespace {

int clamp(std::size_t n) noexcept { return n > INT_MAX ? INT_MAX : static_cast<int>(n); }

struct mallinfo2 info() noexcept {
  const engine::AllocatorTotals t = engine::allocator_totals();
  struct mallinfo2 out {};
  out.arena = t.active;
  out.uordblks = t.allocated;
  out.fordblks = t.active - t.allocated;
  out.ordblks = 1;
  out.keepcost = t.resident > t.active ? t.resident - t.active : 0;
  return out;
}

}  // namespace

HOOK(struct mallinfo2, mallinfo2) { return info(); }

HOOK(struct mallinfo, mallinfo) {
  const struct mallinfo2 wide = info();
  struct mallinfo out {};
  out.arena = clamp(wide.arena);
  out.uordblks = clamp(wide.uordblks);
  out.fordblks = clamp(wide.fordblks);
  out.ordblks = clamp(wide.ordblks);
  out.keepcost = clamp(wide.keepcost);
  return out;
}

/// 1: memory was given back, 0: there was none.
HOOK(int, malloc_trim, std::size_t) { return engine::trim_allocator() ? 1 : 0; }

/// glibc's tuning knobs mean nothing to jemalloc: accepted, as they are only advice, but for what glibc refuses as well.
HOOK(int, mallopt, int knob, int value) {
  constexpr unsigned kLargestFast = 80 * sizeof(std::size_t) / 4;
  return knob == M_MXFAST && static_cast<unsigned>(value) > kLargestFast ? 0 : 1;
}

HOOK(int, malloc_info, int options, FILE* out) {
  if (options != 0) return EINVAL;
  const engine::AllocatorTotals t = engine::allocator_totals();
  fprintf(out,
          "<malloc version=\"1\">\n<total type=\"rest\" count=\"0\" size=\"%zu\"/>\n"
          "<system type=\"current\" size=\"%zu\"/>\n<aspace type=\"total\" size=\"%zu\"/>\n</malloc>\n",
          t.active - t.allocated, t.mapped, t.mapped);
  return 0;
}

HOOK(void, malloc_stats) {
  const engine::AllocatorTotals t = engine::allocator_totals();
  fprintf(stderr, "Total (weir, jemalloc):\nsystem bytes     = %10zu\nin use bytes     = %10zu\n", t.active,
          t.allocated);
}
