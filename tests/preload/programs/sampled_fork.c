// A forked child has a profile of its own with its first allocation, sampled or not, and draws other numbers than its parent
// and its siblings. What the parent allocated is told from what the child did.
//
// WEIR_RECORD=sampled
// WEIR_SAMPLE_EVERY=2K
// run under: preload
// profiles 9
// expect len({p.live("in_child") for p in profiles[1:]}) > 1
// expect all(150000 < p.live("in_child")[0] < 650000 for p in profiles[1:])
// expect all(p.host["inherited_live_blocks"] == parent.live("in_parent")[1] - p.freed("in_parent") for p in profiles[1:])
// expect all(p.host["inherited_live_bytes_stderr"] > 0 for p in profiles[1:])
// expect parent.live("in_child") == (0, 0)
// expect 600000 < parent.live("in_parent")[0] < 1400000
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

NOINLINE static void in_parent(void) { keep(malloc(1000)); }
NOINLINE static void in_child(void) { keep(malloc(1000)); }

int main(void) {
  for (int i = 0; i < 1000; ++i) in_parent();
  for (int child = 0; child < 8; ++child) {
    if (fork() != 0) continue;
    for (int i = 0; i < 400; ++i) in_child();
    return 0;
  }
  while (wait(NULL) > 0) {
  }
  return 0;
}
