// The pointer lies in the middle of a block of 64 MiB, of which hardly a page was ever written.
// reachable keep_large 1 67108864
// reachable keep_in_the_middle 1 240
// reachable keep_at_the_end 1 241
#include "leak.h"
static char** volatile large;
APART void keep_large(void) { large = (char**)malloc(64 << 20); }
APART void keep_in_the_middle(void) { large[4 << 20] = block(240); }
APART void keep_at_the_end(void) { large[(8 << 20) - 1] = block(241); }
int main(void) {
  keep_large();
  keep_in_the_middle();
  keep_at_the_end();
  scrub();
  return 0;
}
