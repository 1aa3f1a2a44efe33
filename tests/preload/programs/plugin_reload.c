// A plugin that is loaded and unloaded many times, while the rest of the program goes on allocating: weir's own memory does
// not grow with it.
//
// bare: no
// expect live("churn") == (0, 0)
// expect int(stdout) < 2 << 20
// expect total("plugin_lose") == (2100 * 50, 2100)
// expect len(report["sites"]) < 200
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

static void reload(const char* path, int times) {
  for (int i = 0; i < times; ++i) {
    void* plugin = dlopen(path, RTLD_NOW);
    if (plugin == NULL) exit(2);
    void (*lose)(int) = (void (*)(int))dlsym(plugin, "plugin_lose");
    lose(1);  // so that weir knows the plugin's code
    dlclose(plugin);
    churn(i % 50);
  }
}

int main(void) {
  char path[4096];
  const ssize_t bytes = readlink("/proc/self/exe", path, sizeof path - 20);
  if (bytes < 0) return 1;
  path[bytes] = 0;
  strcpy(strrchr(path, '/'), "/plugin.so");
  reload(path, 100);
  const long before = resident();
  reload(path, 2000);
  printf("%ld\n", resident() - before);
  return 0;
}
