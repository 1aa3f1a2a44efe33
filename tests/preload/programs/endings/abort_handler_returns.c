// abort with a SIGABRT handler that allocates and returns: the handler runs, and the program still dies of the signal.
//
// signal 6
// lost lose 500 5
// lost lose_in_handler 26 2
// expect process["end"] == ("signal" if mode == "cli" else "killed")
#include <signal.h>

#include "ending.h"

NOINLINE static void lose_in_handler(void) {
  for (int i = 0; i < 2; ++i) keep(malloc(13));
}
static void handler(int number) {
  (void)number;
  lose_in_handler();
  say("in the handler\n");
}

int main(void) {
  signal(SIGABRT, handler);
  lose();
  abort();
}
