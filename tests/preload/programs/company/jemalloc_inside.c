// A program with jemalloc linked into it: its malloc comes before every preload.
//
// needs: jemalloc
// link: -Wl,-u,mallctl -l:libjemalloc.a -lstdc++ -lm
// row: company | jemalloc linked into the program
// expect host["allocated_blocks"] == 0
// expect any("malloc of the program itself comes before weir's" in line for line in coverage("warnings"))
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

int mallctl(const char*, void*, size_t*, void*, size_t);

static void* work(void* unused) {
  for (int i = 0; i < 1000; ++i) free(keep(realloc(keep(malloc(i)), i * 2 + 1)));
  return unused;
}

int main(void) {
  pthread_t threads[4];
  for (int i = 0; i < 4; ++i) pthread_create(&threads[i], NULL, work, NULL);
  for (int i = 0; i < 4; ++i) pthread_join(threads[i], NULL);
  char* text = strdup("a text of libc's");
  unsigned long allocated = 0;
  size_t length = sizeof allocated;
  const int wrong = mallctl("stats.allocated", &allocated, &length, NULL, 0);
  printf("%s, %s\n", text, allocated != 0 ? "counted by jemalloc" : "not counted");
  free(text);
  return wrong;
}
