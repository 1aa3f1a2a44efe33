// One thread forbids itself all but a few calls; another, which was there before and may do as ever, comes to new call stacks on its
// own stack.
//
// row: faults | one thread sets a seccomp filter, another works on
// expect leaks("lose") == (2 * 240, 20)
// expect total("wander") == (2 * 1000 * 40, 2000)
// expect coverage("stacks_missing") == 0
// lost lose 480 20
#include <pthread.h>
#include <stdio.h>

#include "filter.h"
#include "sites.h"

static pthread_barrier_t sealed, done;

static NOINLINE void lose(void) {
  for (int i = 0; i != 10; ++i) keep(malloc(24));
}
static NOINLINE void wander(unsigned from) {
  for (unsigned i = 0; i != 1000; ++i) free(next_step(from + i, 12, 40));
}
static void* other(void* unused) {
  pthread_barrier_wait(&sealed);
  wander(1000);
  lose();
  pthread_barrier_wait(&done);
  return unused;
}

int main(void) {
  pthread_barrier_init(&sealed, NULL, 2);
  pthread_barrier_init(&done, NULL, 2);
  printf("begin\n");
  fflush(stdout);
  pthread_t thread;
  pthread_create(&thread, NULL, other, NULL);
  give_up_new_rights();
  const long allowed[] = {SYS_read, SYS_write, SYS_exit, SYS_exit_group, SYS_futex, SYS_mmap, SYS_munmap, SYS_brk};
  struct sock_filter steps[FILTER_MOST];
  struct sock_fprog filter = make_filter(steps, allowed, 8, SECCOMP_RET_KILL_PROCESS);
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) != 0) return 2;
  pthread_barrier_wait(&sealed);
  wander(0);
  lose();
  pthread_barrier_wait(&done);
  printf("end\n");
  return 0;
}
