// Filters that the kernel does not take change nothing: the profile goes on with its file, past the room that it had.
//
// expect total("wander") == (5000 * 40, 5000)
// expect coverage("sites_dropped") == 0
// expect coverage("growth_failures") == 0
#include <errno.h>
#include <stdio.h>

#include "filter.h"
#include "sites.h"

static NOINLINE void wander(void) {
  for (unsigned i = 0; i != 5000; ++i) free(next_step(i, 15, 40));
}

int main(void) {
  give_up_new_rights();
  struct sock_filter endless[1] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0)};  // returns nothing
  struct sock_fprog filter = {1, endless};
  printf("%d", prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0));
  printf(" %d\n", errno);
  filter.len = 0;
  printf("%d", prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0));
  printf(" %d\n", errno);
  printf("%d", prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, (void*)12, 0, 0));
  printf(" %d\n", errno);
  wander();
  return 0;
}
