// Functions of the host that happen to be called as the driver's are its own, whatever they take and return: of a library
// that is opened locally, globally, or asked by handle.
// run: local
// run: global
// run: handle
#define NOT_LINKED
#include "../hooks.h"

int main(int count, char** words) {
  MUST(count == 2);
  char path[4096];
  snprintf(path, sizeof(path), "%s/names.so", getenv("PLACE"));
  void* library = dlopen(path, RTLD_NOW | (strcmp(words[1], "global") == 0 ? RTLD_GLOBAL : RTLD_LOCAL));
  MUST(library != NULL);
  if (strcmp(words[1], "handle") == 0) {
    dlerror();
    double (*twice)(double) = (double (*)(double))dlsym(library, "cuMemAlloc");
    MUST(dlerror() == NULL);
    int (*less)(int) = (int (*)(int))dlsym(library, "cuMemFree");
    MUST(twice(3) == 6 && less(8) == 7 && less(1) == 0);
    char* (*text)(const char*, double, int, int, int, int, long) = (char* (*)(const char*, double, int, int, int, int, long))dlsym(library, "cuArrayCreate");
    MUST(strcmp(text("text", 2.5, 1, 2, 3, 4, 10), "text") == 0);
  } else {
    int (*work)(void) = (int (*)(void))dlsym(library, "names_work");
    for (int i = 0; i != 3; ++i) MUST(work() == 0);
  }
  expect("device.allocated_blocks", 0);
  expect("route.linked", 0);
  expect("route.dlsym", 0);
  return 0;
}
