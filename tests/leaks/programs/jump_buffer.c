// A register saved by setjmp, in a frame that is alive or in a global buffer.
// reachable keep_in_buffer 1 260
#include <setjmp.h>
#include "leak.h"
static jmp_buf buffer;
APART void keep_in_buffer(void) {
  register char* mine __asm__("r13") = block(260);
  __asm__ volatile("" : "+r"(mine));
  (void)setjmp(buffer);
  __asm__ volatile("" ::"r"(mine));
  mine = NULL;
  __asm__ volatile("" : "+r"(mine));
}
int main(void) {
  keep_in_buffer();
  scrub();
  return 0;
}
