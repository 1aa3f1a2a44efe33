// longjmp over a frame that had a block: it is lost.
// lost lose_by_jump 1 500
#include <setjmp.h>
#include "leak.h"
static jmp_buf place;
APART void lose_by_jump(void) {
  char* volatile local = block(500);
  if (local != NULL) longjmp(place, 1);
}
int main(void) {
  if (setjmp(place) == 0) lose_by_jump();
  scrub();
  return 0;
}
