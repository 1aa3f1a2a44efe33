// Two threads that allocate and free until somebody ends them; 1000 blocks of 10 bytes stay. The scenarios
// kill it and read it while it runs; here a timer ends it.
//
// build: O1
// signal 14
// expect live("hold") == (10000, 1000)
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "support.h"

NOINLINE static void hold(void) {
  for (int i = 0; i < 1000; ++i) keep(malloc(10));
}
NOINLINE static void churn_leaf(int i) {
  static __thread void* blocks[256];
  free(blocks[i % 256]);
  blocks[i % 256] = keep(malloc(16 + i % 1000));
}
NOINLINE static void churn(int depth, int i) {
  if (depth == 0) {
    churn_leaf(i);
    return;
  }
  churn(depth - 1, i);
  __asm__ volatile("");
}
static void* forever(void* unused) {
  for (int i = 0;; ++i) churn(i % 13, i);
  return unused;
}

int main(int count, char** words) {
  hold();
  if (count == 1) ualarm(300000, 0);
  if (write(1, "ready\n", 6) != 6) return 1;
  pthread_t thread;
  pthread_create(&thread, NULL, forever, NULL);
  forever(words);
}
