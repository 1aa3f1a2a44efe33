// Into the middle, behind the end, with a low bit set: it is known.
// reachable keep_interior 1 280
// reachable keep_end 1 288
// reachable keep_low_bit 1 281
// differs keep_end: to valgrind the end of a block is not in it
#include "leak.h"
static char* volatile interior;
static char* volatile end;
static char* volatile low_bit;
APART void keep_interior(void) { interior = block(280) + 100; }
APART void keep_end(void) { end = block(288) + 288; }
APART void keep_low_bit(void) { low_bit = block(281) + 1; }
int main(void) {
  keep_interior();
  keep_end();
  keep_low_bit();
  scrub();
  return 0;
}
