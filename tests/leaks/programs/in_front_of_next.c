// A pointer to the place in front of a block, as of an array that is counted from 1, is not one to the block before it.
// lost lose_before 1 3264
// reachable keep_next 1 3264
#include "leak.h"
static char* volatile next;
static char* volatile in_front;
static uintptr_t disguised;
APART void lose_before(void) { disguised = ~(uintptr_t)block(3264); }
APART void keep_next(void) {
  next = block(3264);
  // With a guess at how far apart they are: whatever lies between them, it is no part of the first.
  in_front = (char*)~disguised + 3264 + 40;
}
int main(void) {
  lose_before();
  keep_next();
  scrub();
  return 0;
}
