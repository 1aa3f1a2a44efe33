// A look at the beginning judges all call sites; then the profile fills up, and at the end there is no room for the verdicts on
// all of them: those that were found stay, and the report says that a later look came to nothing.
//
// WEIR_PROFILE_MAX=1M
// build: O1
// run under: preload cli
// expect coverage("sites_dropped") > 0
// expect coverage("scan")["result"] == "done"
// expect [(each["result"], each["times"]) for each in coverage("scan")["later_failures"]] == [("no_room", 1)]
// expect verdict("lost", "lose_early") == (5 * 48, 5)
#include <string.h>

#include "programs/faults/sites.h"
#include "weir/weir.h"

enum { kSites = 40000 };
static void* kept[kSites];

static NOINLINE void lose_early(void) { keep(malloc(48)); }
static NOINLINE void clean_stack(void) {
  char below[1 << 16];
  memset(below, 0, sizeof(below));
  keep(below);
}

int main(void) {
  for (int i = 0; i != 5; ++i) lose_early();
  free(keep(malloc(10)));  // a thread's newest block counts as known
  clean_stack();
  weir_verdict heap = {sizeof(heap)};
  if (weir_scan != NULL && weir_is_loaded() && weir_scan(&heap) != 0) return 1;
  for (unsigned i = 0; i != kSites; ++i) kept[i] = next_step(i, 16, 24);
  return 0;
}
