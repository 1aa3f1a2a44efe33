// Ten thousand threads one after the other and a thousand at once: weir keeps what the largest number at once needs, not what all
// of them had, and leaves the kernel's number of mappings to the program.
//
// row: faults | 10,000 threads one after the other, 1,000 at once
// expect leaks("lose") == (24 * 11000, 11000)
// expect report["coverage"]["own_bytes"] < 100 << 20
// lost lose 264000 11000
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "sites.h"

static pthread_barrier_t all_there;

static NOINLINE void lose(void) { keep(malloc(24)); }
static void* visit(void* at_once) {
  lose();
  free(keep(malloc(1000)));
  if (at_once != NULL) pthread_barrier_wait(&all_there);
  return NULL;
}

static int mappings(void) {
  FILE* file = fopen("/proc/self/maps", "r");
  int lines = 0;
  for (int c; (c = getc(file)) != EOF;) lines += c == '\n';
  fclose(file);
  return lines;
}

int main(void) {
  enum { kAtOnce = 1000 };
  static pthread_t threads[kAtOnce];
  pthread_attr_t small;
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, 64 << 10);
  int failed = 0;
  for (int i = 0; i != 10000; ++i) {
    if (pthread_create(&threads[0], &small, visit, NULL) != 0) ++failed;
    else pthread_join(threads[0], NULL);
  }
  const int before = mappings();
  pthread_barrier_init(&all_there, NULL, kAtOnce + 1);
  for (int i = 0; i != kAtOnce; ++i)
    if (pthread_create(&threads[i], &small, visit, &small) != 0) _exit(3);
  pthread_barrier_wait(&all_there);
  const int during = mappings();
  for (int i = 0; i != kAtOnce; ++i) pthread_join(threads[i], NULL);
  if (getenv("SHOW_MAPPINGS") != NULL) fprintf(stderr, "%d %d\n", before, during);
  // A thread has two of its own: its stack and the guard.
  printf("%d failed, mappings: %s, %s\n", failed, before < 150 ? "few" : "many", during < 6 * kAtOnce ? "bounded" : "too many");
  return 0;
}
