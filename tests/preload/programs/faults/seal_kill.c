// A seccomp filter that ends the process at any call that glibc's malloc, threads and stdio do not make, set in the middle of
// its work: it lives on, new threads too, and thousands of call stacks that were never there before are recorded to the end.
//
// row: faults | a seccomp filter that kills at any call but what malloc, threads and stdio need, new call stacks after it
// expect leaks("lose_before") == (1000, 10)
// expect live("visit") == (64 * 100, 100)
// expect total("wander") == (3000 * 40, 3000)
// expect coverage("sites_dropped") == 0
// lost lose_before 1000 10
// lost visit 6400 100
#include <pthread.h>
#include <stdio.h>

#include "filter.h"
#include "sites.h"

static NOINLINE void lose_before(void) {
  for (int i = 0; i != 10; ++i) keep(malloc(100));
}

static NOINLINE void wander(void) {
  for (unsigned i = 0; i != 3000; ++i) free(next_step(i, 13, 40));
}

static NOINLINE void* visit(void* unused) {
  for (int i = 0; i != 25; ++i) keep(malloc(64));
  free(keep(realloc(keep(malloc(100000)), 3000000)));
  return unused;
}

int main(void) {
  printf("begin\n");
  lose_before();
  pthread_t early;
  pthread_create(&early, NULL, visit, NULL);
  pthread_join(early, NULL);
  fflush(stdout);
  give_up_new_rights();
  const long allowed[] = {PLAIN_CALLS};
  struct sock_filter steps[FILTER_MOST];
  struct sock_fprog filter = make_filter(steps, allowed, sizeof(allowed) / sizeof(*allowed), SECCOMP_RET_KILL_PROCESS);
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) != 0) return 2;
  wander();
  pthread_t late[3];
  for (int i = 0; i != 3; ++i) pthread_create(&late[i], NULL, visit, NULL);
  for (int i = 0; i != 3; ++i) pthread_join(late[i], NULL);
  printf("end\n");
  return 0;
}
