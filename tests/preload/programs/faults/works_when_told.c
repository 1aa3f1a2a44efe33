// Says "ready", and comes to thousands of new call stacks when a line has come in: for scenarios that do something to the profile
// in between. Without one it has nothing to wait for.
//
// expect leaks("lose") == (1000, 10)
// expect total("wander") == (5000 * 40, 5000)
#include <stdio.h>
#include <unistd.h>

#include "sites.h"

static NOINLINE void lose(void) {
  for (int i = 0; i != 10; ++i) keep(malloc(100));
}
static NOINLINE void wander(void) {
  for (unsigned i = 0; i != 5000; ++i) free(next_step(i, 15, 40));
}

int main(void) {
  char line[16];
  lose();
  write(1, "ready\n", 6);
  read(0, line, sizeof(line));
  wander();
  write(1, "done\n", 5);
  return 0;
}
