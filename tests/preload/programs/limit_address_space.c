// Little address space: the program gets its memory until there is none, sees NULL, and goes on.
//
// run under: preload
// before: ulimit -v 300000
// expect leaks("lose") == (100, 1)
// expect live("fill") == (0, 0)
// row: faults | RLIMIT_AS reached: malloc returns null, and the program goes on
// lost lose 100 1
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "support.h"

NOINLINE static void lose(void) { keep(malloc(100)); }
NOINLINE static int fill(void) {
  enum { kMost = 4096 };
  static void* blocks[kMost];
  int count = 0;
  while (count < kMost && (blocks[count] = keep(malloc(1 << 20))) != NULL) ++count;
  const int failed_well = count < kMost && errno == ENOMEM;
  for (int i = 0; i < count; ++i) free(blocks[i]);
  return failed_well && count > 50 ? 0 : 1;
}

int main(void) {
  const int status = fill();
  lose();
  write(1, "done\n", 5);
  return status;
}
