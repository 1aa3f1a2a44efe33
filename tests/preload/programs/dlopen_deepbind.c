// A plugin opened with RTLD_DEEPBIND may be bound to glibc's own malloc: its blocks can still be resized and
// freed by the program, and the program's by it.
//
// row: company | RTLD_DEEPBIND plugin, blocks crossing both ways
// expect report["errors"] == []
// lost lose 45 1
#include <dlfcn.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support.h"

NOINLINE static void lose(void) { keep(malloc(45)); }

int main(void) {
  lose();
  char path[4096];
  const ssize_t bytes = readlink("/proc/self/exe", path, sizeof path - 20);
  if (bytes < 0) return 1;
  path[bytes] = 0;
  strcpy(strrchr(path, '/'), "/plugin.so");
  void* plugin = dlopen(path, RTLD_NOW | RTLD_DEEPBIND);
  if (plugin == NULL) return 2;
  char* (*make)(size_t) = (char* (*)(size_t))dlsym(plugin, "plugin_make");
  for (size_t size = 1; size < 1 << 22; size = size * 3 + 1) {
    char* block = make(size);
    if (malloc_usable_size(block) < size) return 3;
    block = realloc(block, size * 2);
    for (size_t i = 0; i < size; ++i)
      if (block[i] != 'p') return 4;
    free(block);
    free(make(size));
  }
  puts("all of them crossed");
  return 0;
}
