// Threads that come and go, more than there are cores or shards: every block of each is counted.
//
// expect leaks("visit") == (600 * 24, 600)
// expect total("visit") == (600 * 24 + 6000 * 100, 6600)
// row: faults | 600 threads, 200 at once
// lost visit 14400 600
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "support.h"

NOINLINE static void* visit(void* unused) {
  keep(malloc(24));
  for (int i = 0; i < 10; ++i) free(keep(malloc(100)));
  return unused;
}

int main(void) {
  enum { kAtOnce = 200 };
  pthread_t threads[kAtOnce];
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < kAtOnce; ++i)
      if (pthread_create(&threads[i], NULL, visit, NULL) != 0) abort();
    for (int i = 0; i < kAtOnce; ++i) pthread_join(threads[i], NULL);
  }
  write(1, "done\n", 5);
  return 0;
}
