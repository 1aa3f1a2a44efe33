// Every function of the family.
// lost lose_malloc 1 330
// lost lose_calloc 1 331
// lost lose_realloc 1 332
// lost lose_reallocarray 1 336
// lost lose_memalign 1 333
// lost lose_aligned 1 384
// lost lose_posix 1 334
// lost lose_valloc 1 335
// lost lose_nothing 1 0
// reachable keep_memalign 1 4096
#include <malloc.h>
#include "leak.h"
static void* volatile kept;
static void* volatile seen;
APART void lose_malloc(void) { seen = malloc(330); }
APART void lose_calloc(void) { seen = calloc(1, 331); }
APART void lose_realloc(void) { seen = realloc(NULL, 332); }
APART void lose_reallocarray(void) { seen = reallocarray(NULL, 3, 112); }
APART void lose_memalign(void) { seen = memalign(128, 333); }
APART void lose_aligned(void) { seen = aligned_alloc(64, 384); }
APART void lose_posix(void) {
  void* made = NULL;
  if (posix_memalign(&made, 4096, 334) == 0) seen = made;
}
APART void lose_valloc(void) { seen = valloc(335); }
APART void lose_nothing(void) { seen = malloc(0); }
APART void keep_memalign(void) { kept = memalign(1 << 16, 4096); }
int main(void) {
  lose_malloc();
  lose_calloc();
  lose_realloc();
  lose_reallocarray();
  lose_memalign();
  lose_aligned();
  lose_posix();
  lose_valloc();
  lose_nothing();
  keep_memalign();
  seen = NULL;
  scrub();
  return 0;
}
