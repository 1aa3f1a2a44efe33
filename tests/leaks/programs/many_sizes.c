// Blocks of every size below 1,100 and of some up to 9,000, every second one known. What is lost is below 1 MB in sum: valgrind's
// heap lies where small numbers point (an inode's, a time's), and such a chance pointer is more likely the more there is to hit.
// reachable keep_even 657 839304
// lost lose_odd 657 839961
// reachable keep_table 1 36008
#include "leak.h"
static char** volatile table;
APART void keep_table(void) { table = calloc(4501, sizeof *table); }
APART char* keep_even(size_t bytes) { return malloc(bytes); }
APART char* lose_odd(size_t bytes) { return malloc(bytes); }
int main(void) {
  keep_table();
  for (size_t i = 0; i < 9000; i += i < 1100 ? 2 : 74) {
    table[i / 2] = keep_even(i);
    (void)*(char volatile*)lose_odd(i + 1);
  }
  scrub();
  return 0;
}
