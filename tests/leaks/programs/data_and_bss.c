// Variables of the program, with and without an initial value.
// reachable keep_data 1 100
// reachable keep_bss 1 101
// lost lose_overwritten 1 102
#include "leak.h"
static char number = 1;
static char* volatile in_data = &number;
static char* volatile in_bss;
APART void keep_data(void) { in_data = block(100); }
APART void keep_bss(void) { in_bss = block(101); }
static char* volatile slot;
APART void lose_overwritten(void) { slot = block(102); }
int main(void) {
  keep_data();
  keep_bss();
  lose_overwritten();
  slot = NULL;
  scrub();
  return 0;
}
