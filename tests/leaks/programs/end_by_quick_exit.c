// quick_exit: only its own handlers run, the verdicts are the same.
// reachable keep_global 1 210
// lost lose_it 1 211
// status 6
#include <unistd.h>
#include "leak.h"
static char* volatile global;
APART void keep_global(void) { global = block(210); }
APART void lose_it(void) { (void)block(211); }
static void note(void) { write(1, "quick\n", 6); }
int main(void) {
  keep_global();
  lose_it();
  scrub();
  at_quick_exit(note);
  quick_exit(6);
}
