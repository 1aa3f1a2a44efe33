// Takes memory and writes to it until somebody ends it: scenario out_of_memory_kill. Here it stops by itself.
//
//   eat_memory MEGABYTES
//
// args: 64
// build: O2
// lost lose 500 5
// expect live("eat") == (64 << 20, 64)
#include "ending.h"

static void** last;
NOINLINE static void eat(void) {
  void** block = (void**)keep(malloc(1 << 20));
  if (block == NULL) _exit(3);
  memset(block, 1, 1 << 20);
  *block = last;
  last = block;
}

int main(int count, char** words) {
  lose();
  say("ready\n");
  for (int left = count > 1 ? atoi(words[1]) : 0; left != 0; --left) eat();
  return 0;
}
