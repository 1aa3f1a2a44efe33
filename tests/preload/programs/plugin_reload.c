// A plugin that is loaded and unloaded many times, while the rest of the program goes on allocating: weir's own memory does
// not grow with it.
//
// bare: no
// expect live("churn") == (0, 0)
// expect int(stdout) < 24 << 20
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "support.h"

static long resident(void) {
  long pages = 0, ignored = 0;
  FILE* file = fopen("/proc/self/statm", "r");
  if (file == NULL || fscanf(file, "%ld %ld", &ignored, &pages) != 2) exit(1);
  fclose(file);
  return pages * sysconf(_SC_PAGESIZE);
}

NOINLINE static void churn(int depth) {
  if (depth > 0) {
    churn(depth - 1);
    keep(NULL);
    return;
  }
  void* blocks[8];
  for (int i = 0; i < 8; ++i) blocks[i] = keep(malloc(32));
  for (int i = 0; i < 8; ++i) free(blocks[i]);
}

static void reload(int times) {
  for (int i = 0; i < times; ++i) {
    void* library = dlopen("libz.so.1", RTLD_NOW);
    if (library != NULL) dlclose(library);
    churn(i % 50);
  }
}

int main(void) {
  reload(100);
  const long before = resident();
  reload(3000);
  printf("%ld\n", resident() - before);
  return 0;
}
