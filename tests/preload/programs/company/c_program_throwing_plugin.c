// A C program loads a C++ plugin, privately, that throws in its constructors and when asked: the C++ runtime and the unwinder
// come with the plugin and go again.
//
// row: company | C program loads a plugin that throws
// expect leaks("plugin_forget") == (3 * 2 * 70, 6)
// expect live("plugin_text") == (0, 0)
// lost plugin_forget 420 6
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#include "beside.h"

int main(void) {
  for (int round = 0; round < 3; ++round) {
    void* plugin = dlopen(beside("plugin_throws.so"), RTLD_NOW | RTLD_LOCAL);
    if (plugin == NULL) return 1;
    int (*catch)(int) = (int (*)(int))dlsym(plugin, "plugin_catch");
    char* (*text)(void) = (char* (*)(void))dlsym(plugin, "plugin_text");
    size_t (*threads)(void) = (size_t(*)(void))dlsym(plugin, "plugin_threads");
    void (*forget)(int) = (void (*)(int))dlsym(plugin, "plugin_forget");
    char* made = text();
    forget(2);
    printf("%d caught, %s, %zu\n", catch (300), made, threads());
    free(made);
    dlclose(plugin);
  }
  return 0;
}
