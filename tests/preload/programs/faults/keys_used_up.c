// All of the process's keys for thread-specific data are taken: threads come and go, and what their destructors do, to the last
// round, is recorded.
//
// row: faults | every pthread key taken, destructors of all of them allocate
// expect leaks("lose_late") == (32 * 8, 8)
// expect live("fill") == (0, 0)
// lost lose_late 256 8
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "sites.h"

static pthread_key_t keys[PTHREAD_KEYS_MAX + 1];
static int key_count;

static NOINLINE void lose_late(void) { keep(malloc(32)); }
static void last_rounds(void* value) {
  static __thread int rounds;
  free(value);
  if (++rounds < PTHREAD_DESTRUCTOR_ITERATIONS)
    pthread_setspecific(keys[key_count - 1], keep(malloc(16)));
  else
    lose_late();
}
static NOINLINE void* fill(void* unused) {
  for (int i = 0; i != key_count; ++i) pthread_setspecific(keys[i], keep(malloc(16)));
  return unused;
}

int main(void) {
  while (key_count < 1100 && pthread_key_create(&keys[key_count], free) == 0) ++key_count;
  pthread_key_delete(keys[--key_count]);
  if (pthread_key_create(&keys[key_count], last_rounds) != 0) return 2;
  ++key_count;
  for (int i = 0; i != 8; ++i) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, fill, NULL) != 0) return 3;
    pthread_join(thread, NULL);
  }
  printf("%s\n", key_count > 900 ? "many keys" : "few keys");
  return 0;
}
