// Built with ThreadSanitizer, which does not bear that its functions are called before it has begun: it runs as without weir,
// and finds the race.
//
// compile: -fsanitize=thread
// link: -fsanitize=thread
// row: company | built with ThreadSanitizer, which finds a race
// exit 66
// expect "data race" in stderr
// expect any("ThreadSanitizer keeps its own malloc" in line for line in coverage("warnings"))
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "support.h"

static volatile int shared;
static atomic_int started;  // relaxed: it orders nothing

static void* work(void* unused) {
  for (int i = 0; i < 100; ++i) free(keep(malloc(i)));
  atomic_fetch_add_explicit(&started, 1, memory_order_relaxed);
  while (atomic_load_explicit(&started, memory_order_relaxed) != 2) sched_yield();
  for (int i = 0; i < 1000; ++i) shared = shared + 1;
  return unused;
}

int main(void) {
  pthread_t threads[2];
  for (int i = 0; i < 2; ++i) pthread_create(&threads[i], NULL, work, NULL);
  for (int i = 0; i < 2; ++i) pthread_join(threads[i], NULL);
  puts("raced");
  return 0;
}
