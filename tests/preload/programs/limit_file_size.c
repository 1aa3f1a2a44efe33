// No file may grow: no SIGXFSZ reaches the program, whatever becomes of the profile.
//
// run under: preload
// before: ulimit -f 4
// profiles any
// sums: no
// row: faults | RLIMIT_FSIZE: no file may grow
#include <stdlib.h>
#include <unistd.h>

#include "support.h"

NOINLINE static void lose(int i) { keep(malloc(i)); }

int main(void) {
  for (int i = 0; i < 10000; ++i) lose(i % 1000);
  write(1, "done\n", 5);
  return 0;
}
