/* A plugin that programs load: it loses blocks of its own, and hands one out for the program to free. */
#include <stdlib.h>
#include <string.h>

#include "../support.h"

NOINLINE void plugin_lose(int blocks) {
  for (int i = 0; i < blocks; ++i) keep(malloc(50));
}

NOINLINE void* plugin_make(size_t bytes) { return memset(keep(malloc(bytes)), 'p', bytes); }
