// A plugin in a namespace of its own (dlmopen), with a libc of its own that weir is not in front of: it throws, prints, starts
// threads, and is closed again, while the program goes on allocating.
//
// row: company | plugin in a dlmopen namespace
// expect leaks("lose") == (8 * 60, 8)
// expect report["errors"] == []
// lost lose 480 8
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#include "beside.h"
#include "support.h"

NOINLINE static void lose(void) {
  for (int i = 0; i < 4; ++i) keep(malloc(60));
}

int main(void) {
  setvbuf(stdout, NULL, _IONBF, 0);
  for (int round = 0; round < 2; ++round) {
    void* plugin = dlmopen(LM_ID_NEWLM, beside("plugin_throws.so"), RTLD_NOW);
    if (plugin == NULL) return 1;
    int (*catch)(int) = (int (*)(int))dlsym(plugin, "plugin_catch");
    char* (*text)(void) = (char* (*)(void))dlsym(plugin, "plugin_text");
    size_t (*threads)(void) = (size_t(*)(void))dlsym(plugin, "plugin_threads");
    void (*print)(void) = (void (*)(void))dlsym(plugin, "plugin_print");
    lose();
    print();
    printf("%d caught, %s, %zu\n", catch (100), text(), threads());
    if (dlclose(plugin) != 0) return 2;
  }
  return 0;
}
