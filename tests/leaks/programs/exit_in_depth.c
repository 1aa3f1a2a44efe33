// exit() from deep below: the frames of its callers still count, main's, too.
// reachable keep_of_main 1 180
// reachable keep_of_middle 1 181
// lost lose_of_old_call 1 182
#include "leak.h"
APART char* keep_of_main(void) { return block(180); }
APART char* keep_of_middle(void) { return block(181); }
APART void lose_of_old_call(void) {
  char* volatile local = block(182);
  (void)local;
}
APART void leave(int depth) {
  volatile int here = depth;
  if (here == 0) exit(3);
  leave(here - 1);
  here = 2;
}
APART void middle(void) {
  char* volatile local = keep_of_middle();
  lose_of_old_call();
  scrub();
  leave(8);
  (void)local;
}
// status 3
int main(void) {
  char* volatile local = keep_of_main();
  middle();
  return local == NULL;
}
