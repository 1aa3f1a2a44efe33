// A plugin is unloaded by an atexit handler; what it left is still named, though its code is gone.
//
// row: endings | dlclose during exit
// lost lose 500 5
// lost plugin_lose 300 6
// expect process["end"] == "exit" and process["exit_code"] == 0
// expect frame("plugin_lose")["module"].endswith("plugin.so")
#include <dlfcn.h>
#include <stdio.h>

#include "ending.h"

static void* plugin;
static void close_plugin(void) { printf("closed: %d\n", dlclose(plugin)); }

int main(void) {
  char path[4096];
  const ssize_t bytes = readlink("/proc/self/exe", path, sizeof path - 20);
  if (bytes < 0) return 1;
  path[bytes] = 0;
  strcpy(strrchr(path, '/'), "/plugin.so");
  if ((plugin = dlopen(path, RTLD_NOW)) == NULL) return 1;
  atexit(close_plugin);
  lose();
  void (*plugin_lose)(int) = (void (*)(int))dlsym(plugin, "plugin_lose");
  plugin_lose(6);
  wipe_stack();
  return 0;
}
