// A full profile: one thread allocates at more call stacks than there is room for, 32 others free all. What was counted at a
// call site is freed there too, and nothing seems to be live.
//
// WEIR_PROFILE_MAX=1M
// build: O0
// link: -pthread
// expect host["allocated_blocks"] >= 32768
// expect host["live_blocks"] <= 70
// expect sum(site["live_blocks"] for site in report["sites"]) <= 70
// expect coverage("sites_dropped") > 0
#include <pthread.h>
#include <stdlib.h>

#include "support.h"

enum { BLOCKS = 1 << 15 };
static void* blocks[BLOCKS];
static int count;

static void left(int depth);
NOINLINE static void leaf(void) { blocks[count++] = malloc(24); }
NOINLINE static void right(int depth) {
  if (depth == 0) {
    leaf();
    return;
  }
  left(depth - 1);
  right(depth - 1);
}
NOINLINE static void left(int depth) {
  if (depth == 0) {
    leaf();
    return;
  }
  left(depth - 1);
  right(depth - 1);
}

enum { THREADS = 32 };
static pthread_barrier_t all_live;  // each has counters of its own

static void* free_part(void* first) {
  pthread_barrier_wait(&all_live);
  for (long i = (long)first; i < BLOCKS; i += THREADS) free(blocks[i]);
  pthread_barrier_wait(&all_live);
  return NULL;
}

int main(void) {
  pthread_t threads[THREADS];
  left(15);
  pthread_barrier_init(&all_live, NULL, THREADS);
  for (long i = 0; i != THREADS; ++i) pthread_create(&threads[i], NULL, free_part, (void*)i);
  for (int i = 0; i != THREADS; ++i) pthread_join(threads[i], NULL);
  return count != BLOCKS;
}
