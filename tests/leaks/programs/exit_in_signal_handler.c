// exit() in a handler: the interrupted frames still count.
// reachable keep_of_main 1 510
// lost lose_it 1 511
// status 7
#include <signal.h>
#include "leak.h"
static void leave(int signal) { exit(7); }
APART char* keep_of_main(void) { return block(510); }
APART void lose_it(void) {
  (void)block(511);
  free(malloc(10));
}
int main(void) {
  char* volatile local = keep_of_main();
  lose_it();
  scrub();
  signal(SIGUSR1, leave);
  raise(SIGUSR1);
  return local == NULL;
}
