// Blocks made by four threads at once and freed by the main thread: totals are exact.
//
// expect total("produce") == (4 * 5000 * 32, 20000)
// expect live("produce") == (10 * 32, 10)
// expect freed("produce") == 19990
// expect leaks("produce") == (10 * 32, 10)
#include <pthread.h>
#include <stdlib.h>

#include "support.h"

enum { kThreads = 4, kBlocks = 5000 };
static void* blocks[kThreads][kBlocks];

NOINLINE static void* produce(void* into) {
  for (int i = 0; i < kBlocks; ++i) ((void**)into)[i] = keep(malloc(32));
  return NULL;
}

int main(void) {
  pthread_t threads[kThreads];
  for (int i = 0; i < kThreads; ++i) pthread_create(&threads[i], NULL, produce, blocks[i]);
  for (int i = 0; i < kThreads; ++i) pthread_join(threads[i], NULL);
  for (int i = 0; i < kThreads; ++i)
    for (int j = (i == 0 ? 10 : 0); j < kBlocks; ++j) free(blocks[i][j]);
  return 0;
}
