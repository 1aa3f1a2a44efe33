// A process that has forbidden itself to open files forks: the child works as ever, its books are nobody's, and the parent's
// profile says how many such children there were.
//
// expect leaks("lose") == (2000, 20)
// expect coverage("children_unrecorded") == 3
// expect total("work") == (0, 0)
// lost lose 2000 20
// row: faults | fork after a seccomp filter that forbids to open files
#include <stdio.h>
#include <sys/wait.h>

#include "filter.h"
#include "sites.h"

static NOINLINE void lose(int blocks) {
  for (int i = 0; i != blocks; ++i) keep(malloc(100));
}
static NOINLINE void work(void) {
  for (unsigned i = 0; i != 500; ++i) free(next_step(i, 10, 200));
}

int main(void) {
  printf("begin\n");
  fflush(stdout);
  lose(10);
  give_up_new_rights();
  const long allowed[] = {PLAIN_CALLS};
  struct sock_filter steps[FILTER_MOST];
  struct sock_fprog filter = make_filter(steps, allowed, sizeof(allowed) / sizeof(*allowed), SECCOMP_RET_KILL_PROCESS);
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) != 0) return 2;
  for (int i = 0; i != 3; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      work();
      _exit(7);
    }
    int status = 0;
    waitpid(child, &status, 0);
    printf("child: %x\n", status);
  }
  lose(10);
  return 0;
}
