// A plugin opened with RTLD_DEEPBIND binds past weir: its calls, its own dlsym and its cuGetProcAddress are led back.
// WEIR_DEEPBIND=strip takes the flag away, keep leaves it all as it is.
// run: lazy direct
// run: now direct
// run: lazy dlsym
// run: now dlsym
// run: lazy proc_address
// run: now proc_address
// run: now direct WEIR_DEEPBIND=strip
// run: now direct WEIR_DEEPBIND=keep
#define NOT_LINKED
#include "../hooks.h"

int main(int count, char** words) {
  MUST(count == 3);
  char path[4096];
  snprintf(path, sizeof(path), "%s/plugin_%s.so", getenv("PLACE"), words[1]);
  void* plugin = dlopen(path, RTLD_DEEPBIND | (strcmp(words[1], "now") == 0 ? RTLD_NOW : RTLD_LAZY));
  if (plugin == NULL) printf("%s\n", dlerror());
  MUST(plugin != NULL);
  void (*work)(const char*) = (void (*)(const char*))dlsym(plugin, "plugin_work");
  MUST(work != NULL);
  work(words[2]);
  const char* option = getenv("WEIR_DEEPBIND");
  const int is_kept = option != NULL && strcmp(option, "keep") == 0;
  expect("plain.device.live_bytes", is_kept ? 0 : 4321);
  expect(strcmp(words[1], "now") == 0 ? "deepbind.plugin_now.so" : "deepbind.plugin_lazy.so", 1);
  if (option == NULL) expect("route.patched", strcmp(words[2], "direct") == 0 ? 2 : strcmp(words[2], "dlsym") == 0 ? 1 : 2);
  if (option != NULL && !is_kept) expect("route.linked", 2);
  return 0;
}
