// A filter that leaves hardly more than read and write: no memory can be had from the system any more, nobody can be asked
// anything. What fits into what is there is served, more is refused, and nothing is called that would be the end.
//
// row: faults | a seccomp filter that leaves only read, write and exit
// expect leaks("lose_after") == (24 * 100, 100)
// expect total("wander") == (500 * 200, 500)
// lost lose_after 2400 100
#include <stdio.h>
#include <string.h>

#include "filter.h"
#include "sites.h"

static NOINLINE void lose_after(void) {
  for (int i = 0; i != 100; ++i) keep(malloc(24));
}
static NOINLINE void wander(void) {
  for (unsigned i = 0; i != 500; ++i) free(next_step(i, 10, 200));
}

int main(void) {
  free(keep(malloc(100000)));
  give_up_new_rights();
  const long allowed[] = {SYS_read, SYS_write, SYS_exit, SYS_exit_group};
  struct sock_filter steps[FILTER_MOST];
  struct sock_fprog filter = make_filter(steps, allowed, 4, SECCOMP_RET_KILL_PROCESS);
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) != 0) return 2;
  lose_after();
  wander();
  static const char text[] = "still here\n";
  write(1, text, strlen(text));
  return 0;
}
