// Opens the plugin named by its argument, with RTLD_DEEPBIND, and runs it.
#include <dlfcn.h>
#include <stdio.h>

int main(int count, char** arguments) {
  void* plugin = dlopen(count > 1 ? arguments[1] : "", RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
  if (plugin == NULL) return fprintf(stderr, "%s\n", dlerror()), 2;
  int (*run)(void) = (int (*)(void))dlsym(plugin, "plugin_run");
  return run == NULL ? 3 : run();
}
