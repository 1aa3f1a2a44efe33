// Under LD_PRELOAD alone weir prints one line, which names the profile and how to read it; under `weir run` a
// summary of at most 20 lines.
//
// expect mode == "cli" or len(stderr.splitlines()) == 1
// expect mode == "cli" or re.match(r"weir: profile (\S+); read it with: weir report \1$", stderr.strip())
// expect mode == "preload" or 1 <= len(stderr.splitlines()) <= 20
// expect mode == "preload" or outcome.profiles[0].path.name in stderr
#include <stdlib.h>

#include "support.h"

NOINLINE static void lose(void) { keep(malloc(100)); }

int main(void) {
  lose();
  return 0;
}
