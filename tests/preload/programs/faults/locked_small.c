// A program without rights that locks what it will have: weir takes so little of what may be locked that there is memory for
// the program.
//
// row: faults | mlockall(MCL_FUTURE) without rights, within RLIMIT_MEMLOCK
// run under: preload sampled
// expect leaks("lose") == (100 * 10000, 10000)
// lost lose 1000000 10000
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "sites.h"

static NOINLINE void lose(void) {
  for (int i = 0; i != 10000; ++i) memset(keep(malloc(100)), 1, 100);
}

int main(void) {
  const struct rlimit limit = {8 << 20, 8 << 20};
  setrlimit(RLIMIT_MEMLOCK, &limit);
  setuid(65534);
  printf("%d\n", mlockall(MCL_FUTURE));
  lose();
  char* block = keep(malloc(1 << 20));
  printf("%d\n", block != NULL);
  memset(block, 1, 1 << 20);
  free(block);
  for (unsigned i = 0; i != 3000; ++i) free(next_step(i, 12, 40));
  printf("end\n");
  return 0;
}
