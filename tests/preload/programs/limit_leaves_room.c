// Little address space: weir takes only a small part of it, so that the program's threads still start.
//
// run under: preload
// before: ulimit -v 80000
// expect live("lose") == (400, 4)
// row: faults | RLIMIT_AS of 80 MB, with threads
// lost lose 400 4
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "support.h"

NOINLINE static void lose(void) { keep(malloc(100)); }
static void* work(void* start) {
  pthread_barrier_wait(start);
  lose();
  return NULL;
}

int main(void) {
  enum { kThreads = 4 };
  pthread_t threads[kThreads];
  pthread_barrier_t start;
  pthread_barrier_init(&start, NULL, kThreads);
  for (int i = 0; i < kThreads; ++i)
    if (pthread_create(&threads[i], NULL, work, &start) != 0) return 1;
  for (int i = 0; i < kThreads; ++i) pthread_join(threads[i], NULL);
  write(1, "done\n", 5);
  return 0;
}
