// A library that allocates and is closed again: its functions are named although it is gone, twice.
//
// row: company | leaks of a plugin that is closed again
// expect leaks("plugin_lose") == (2 * 7 * 50, 14)
// expect frame("plugin_lose")["module"].endswith("plugin.so")
// lost plugin_lose 700 14
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support.h"

int main(void) {
  char path[4096];
  const ssize_t bytes = readlink("/proc/self/exe", path, sizeof path - 20);
  if (bytes < 0) return 1;
  path[bytes] = 0;
  strcpy(strrchr(path, '/'), "/plugin.so");
  for (int round = 0; round < 2; ++round) {
    void* plugin = dlopen(path, RTLD_NOW);
    if (plugin == NULL) return 2;
    void (*lose)(int) = (void (*)(int))dlsym(plugin, "plugin_lose");
    lose(7);
    if (dlclose(plugin) != 0) return 3;
  }
  puts("loaded and closed twice");
  return 0;
}
