// A program that wraps malloc itself and passes on to the next with dlsym(RTLD_NEXT): the next is weir.
//
// row: company | the program wraps malloc with dlsym(RTLD_NEXT)
// expect leaks("lose") == (6 * 64, 6)
// expect any("malloc of the program itself comes before weir's" in line for line in coverage("warnings"))
// lost lose 384 6
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#include "support.h"

static unsigned long calls;

void* malloc(size_t bytes) {
  static void* (*next)(size_t);
  if (next == NULL) next = (void* (*)(size_t))dlsym(RTLD_NEXT, "malloc");
  __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);
  return next(bytes);
}

NOINLINE static void lose(void) {
  for (int i = 0; i < 6; ++i) keep(malloc(64));
}

int main(void) {
  const unsigned long before = calls;
  lose();
  for (int i = 0; i < 94; ++i) free(keep(malloc(i)));
  printf("%lu calls\n", calls - before);
  return 0;
}
