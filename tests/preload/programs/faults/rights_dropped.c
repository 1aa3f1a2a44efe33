// A daemon's way: root, then chroot into an empty directory and another user's rights, after which the profile's path leads
// nowhere. Thousands of new call stacks are recorded all the same, to the end.
//
// row: faults | chroot and setuid, thousands of new call stacks after it
// before: mkdir -p tmp/jail
// expect leaks("lose_before") == (1000, 10)
// expect leaks("lose_after") == (2200, 20)
// expect total("wander") == (4000 * 40, 4000)
// expect coverage("sites_dropped") == 0
// expect coverage("growth_failures") == 0
// lost lose_before 1000 10
// lost lose_after 2200 20
#include <grp.h>
#include <stdio.h>
#include <unistd.h>

#include "sites.h"

static NOINLINE void lose_before(void) {
  for (int i = 0; i != 10; ++i) keep(malloc(100));
}
static NOINLINE void lose_after(void) {
  for (int i = 0; i != 20; ++i) keep(malloc(110));
}
static NOINLINE void wander(void) {
  for (unsigned i = 0; i != 4000; ++i) free(next_step(i, 15, 40));
}

int main(void) {
  lose_before();
  // Without the rights to do so it goes on as it is.
  if (chroot("tmp/jail") == 0 && chdir("/") == 0 && setgroups(0, NULL) == 0 && setgid(65534) == 0 && setuid(65534) == 0)
    if (setuid(0) == 0) return 2;
  lose_after();
  wander();
  printf("end\n");
  return 0;
}
