// One descriptor to spare at start and none later: recording needs no more.
//
// run under: preload
// before: ulimit -n 4
// expect leaks("lose") == (2 * 100, 2)
// row: faults | RLIMIT_NOFILE: no descriptor to spare
// lost lose 200 2
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "support.h"

NOINLINE static void lose(void) { keep(malloc(100)); }

int main(void) {
  lose();
  const struct rlimit none = {0, 0};
  setrlimit(RLIMIT_NOFILE, &none);
  for (int i = 0; i < 1000; ++i) free(keep(malloc(1 << (i % 20))));
  lose();
  write(1, "done\n", 5);
  return 0;
}
