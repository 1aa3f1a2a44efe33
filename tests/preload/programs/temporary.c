// A block freed by its thread before that allocated again is temporary; one that outlived another is not.
//
// expect temporary("hasty") == 50
// expect temporary("long_lived") == 0
// expect total("long_lived") == (2000, 20)
#include <stdlib.h>

#include "support.h"

NOINLINE static void hasty(void) {
  for (int i = 0; i < 50; ++i) free(keep(malloc(100)));
}
NOINLINE static void* long_lived(void) { return keep(malloc(100)); }
NOINLINE static void* other(void) { return keep(malloc(1)); }
NOINLINE static void patient(void) {
  for (int i = 0; i < 20; ++i) {
    void* block = long_lived();
    void* between = other();
    free(block);
    free(between);
  }
}

int main(void) {
  hasty();
  patient();
  return 0;
}
