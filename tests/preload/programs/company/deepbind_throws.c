// A C++ plugin opened with RTLD_DEEPBIND, which prefers its own libraries: malloc may be glibc's for it. It throws, and the
// program frees what it made.
//
// row: company | RTLD_DEEPBIND plugin that throws, blocks crossing
// expect report["errors"] == []
// lost lose 55 1
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#include "beside.h"
#include "support.h"

NOINLINE static void lose(void) { keep(malloc(55)); }

int main(void) {
  lose();
  for (int round = 0; round < 3; ++round) {
    void* plugin = dlopen(beside("plugin_throws.so"), RTLD_NOW | RTLD_DEEPBIND);
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
