/* A preload of the simplest kind: it counts, and passes on to the next. */
#include <dlfcn.h>
#include <stdlib.h>

static unsigned long mallocs, frees;

unsigned long counted_mallocs(void) { return mallocs; }
unsigned long counted_frees(void) { return frees; }

void* malloc(size_t bytes) {
  static void* (*next)(size_t);
  if (next == NULL) next = (void* (*)(size_t))dlsym(RTLD_NEXT, "malloc");
  __atomic_add_fetch(&mallocs, 1, __ATOMIC_RELAXED);
  return next(bytes);
}

void free(void* block) {
  static void (*next)(void*);
  if (next == NULL) next = (void (*)(void*))dlsym(RTLD_NEXT, "free");
  if (block != NULL) __atomic_add_fetch(&frees, 1, __ATOMIC_RELAXED);
  next(block);
}
