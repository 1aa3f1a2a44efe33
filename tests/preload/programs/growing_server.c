// A server that never ends: each request leaks, passes through a cache that is emptied when it is full, and leaves its table alone.
// With a word it serves one request for each byte that it reads, and answers with one; "live" serves a thousand a second
// until it is killed. Without a word it serves 100.
//
// build: O1
// run under: preload cli
// expect live("lose") == (6400, 100)
// expect live("fill_table") == (30000, 300)
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support.h"

enum { kTable = 300, kCache = 40 };
static void *g_table[kTable], *g_cache[kCache];
static int g_cached;

NOINLINE static void fill_table(void) {
  for (int i = 0; i < kTable; ++i) g_table[i] = keep(malloc(100));
}
NOINLINE static void lose(void) { keep(malloc(64)); }
NOINLINE static void cache(void) {
  if (g_cached == kCache)
    while (g_cached != 0) free(g_cache[--g_cached]);
  g_cache[g_cached++] = keep(malloc(1000));
}
NOINLINE static void answer(void) { free(keep(malloc(100))); }
NOINLINE static void serve(void) {
  lose();
  cache();
  answer();
}

int main(int count, char** words) {
  fill_table();
  if (count == 1) {
    for (int i = 0; i < 100; ++i) serve();
    return 0;
  }
  if (strcmp(words[1], "live") == 0) {
    for (int i = 0;; ++i) {
      serve();
      if (i < 4 * kCache) continue;  // the cache is as full as it will ever be
      if (i == 4 * kCache && write(1, "ready\n", 6) != 6) return 1;
      usleep(1000);
    }
  }
  char byte;
  while (read(0, &byte, 1) == 1) {
    serve();
    if (write(1, &byte, 1) != 1) return 1;
  }
  return 0;
}
