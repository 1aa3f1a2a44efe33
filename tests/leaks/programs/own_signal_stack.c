// exit() in a handler on a stack of its own, which is a block.
// reachable keep_stack 1 65536
// reachable keep_of_main 1 520
// status 8
#include <signal.h>
#include "leak.h"
static void leave(int signal) { exit(8); }
static char* volatile stack;
APART void keep_stack(void) {
  stack = malloc(65536);
  const stack_t own = {.ss_sp = stack, .ss_size = 65536};
  sigaltstack(&own, NULL);
}
APART char* keep_of_main(void) { return block(520); }
int main(void) {
  char* volatile local = keep_of_main();
  const struct sigaction how = {.sa_handler = leave, .sa_flags = SA_ONSTACK};
  keep_stack();
  scrub();
  sigaction(SIGUSR1, &how, NULL);
  raise(SIGUSR1);
  return local == NULL;
}
