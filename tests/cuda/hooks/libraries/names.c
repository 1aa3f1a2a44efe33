// A library that has nothing to do with CUDA and whose functions have the names of some of its driver's. They are called by
// way of the library's table, so that whoever comes first in the process may take them.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <string.h>

char* cuArrayCreate(const char* text, double scale, int a, int b, int c, int d, long on_stack) {
  static char made[64];
  return scale == 2.5 && on_stack == a + b + c + d ? strcpy(made, text) : 0;
}
double cuMemAlloc(double x) { return 2 * x; }
int cuMemFree(int small) { return small - 1; }  // 0 where the driver's would mean success

int names_work(void) {
  if (strcmp(cuArrayCreate("text", 2.5, 1, 2, 3, 4, 10), "text") != 0) return 1;
  if (cuMemAlloc(1.25) != 2.5) return 2;
  return cuMemFree(1) != 0 ? 3 : 0;
}

const char* names_error(void) {
  dlerror();
  return dlsym(RTLD_DEFAULT, "cuMemAlloc_v2") != 0 ? "found" : dlerror();
}
