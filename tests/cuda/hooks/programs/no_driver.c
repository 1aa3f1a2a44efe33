// Without a driver the process is as it would be without weir: its functions are not found, and nothing loads one.
// run:
#define NOT_LINKED
#include "../hooks.h"

static int driver_is_loaded(void) {
  char line[4096];
  FILE* maps = fopen("/proc/self/maps", "r");
  int found = 0;
  while (fgets(line, sizeof(line), maps) != NULL) found |= strstr(line, "libcuda.so") != NULL;
  fclose(maps);
  return found;
}

static void not_found(void* handle) {
  dlerror();
  MUST(dlsym(handle, "cuMemAlloc_v2") == NULL);
  const char* error = dlerror();
  MUST(error != NULL && strstr(error, "undefined symbol: cuMemAlloc_v2") != NULL);
}

int main(void) {
  not_found(RTLD_DEFAULT);
  // The next definition after the caller's is ours; it says that there is no driver.
  int (*next)(void*, size_t) = dlsym(RTLD_NEXT, "cuMemAlloc_v2");
  MUST(next == NULL || next(NULL, 1) == CUDA_ERROR_NOT_INITIALIZED);
  not_found(dlopen(NULL, RTLD_NOW));
  not_found(dlopen("libm.so.6", RTLD_NOW));
  MUST(dlsym(RTLD_DEFAULT, "cuMemAlloc_v9") == NULL);
  MUST(dlsym(RTLD_DEFAULT, "malloc") != NULL);
  MUST(dlsym(RTLD_DEFAULT, "custom") == NULL);
  MUST(dlsym(dlopen("libm.so.6", RTLD_NOW), "cos") != NULL);
  MUST(!driver_is_loaded());
  expect("route.linked", 0);
  expect("route.dlsym", 0);
  return 0;
}
