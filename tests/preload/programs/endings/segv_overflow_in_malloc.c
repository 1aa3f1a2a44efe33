// The stack overflows with an allocation at every level, and nobody handles it: often it is malloc that meets the end.
//
// row: endings | stack overflow
// signal 11
// lost lose 500 5
// expect process["end"] == ("signal" if mode == "cli" else "killed")
#include "ending.h"

static void* volatile last;
NOINLINE static int overflow(int level) {
  volatile char room[64];
  room[level % 64] = 1;
  free(last);
  last = keep(malloc(24));
  return overflow(level + 1) + room[0];
}

int main(void) {
  lose();
  say("down it goes\n");
  return overflow(0);
}
