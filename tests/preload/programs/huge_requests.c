// Requests that cannot be served fail as glibc's do, and are no blocks; ones that can, are.
//
// expect total("hopeless") == (0, 0)
// expect leaks("large") == (1 << 30, 1)
// expect leaks("survivor") == (77, 1)
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

static volatile size_t most = PTRDIFF_MAX;

NOINLINE static int hopeless(void) {
  int bad = 0;
  errno = 0;
  if (malloc(most + 1) != NULL || errno != ENOMEM) bad |= 1;
  errno = 0;
  if (malloc(SIZE_MAX) != NULL || errno != ENOMEM) bad |= 2;
  errno = 0;
  if (calloc(most, 3) != NULL || errno != ENOMEM) bad |= 4;
  errno = 0;
  if (malloc(most / 2) != NULL || errno != ENOMEM) bad |= 8;
  return bad;
}
NOINLINE static void large(void) { keep(malloc(1 << 30)); }
NOINLINE static char* survivor(void) { return strcpy(keep(malloc(77)), "unharmed"); }

int main(void) {
  char* text = survivor();
  errno = 0;
  if (realloc(text, most + 1) != NULL || errno != ENOMEM || strcmp(text, "unharmed") != 0) return 99;
  large();
  return hopeless();
}
