// A crash handler that crashes itself: the kernel ends it with the first signal it cannot deliver.
//
// signal 11
// lost lose 500 5
// expect process["end"] == ("signal" if mode == "cli" else "killed")
#include <signal.h>

#include "ending.h"

static volatile int* volatile nowhere = (int*)8;
static void handler(int number) {
  (void)number;
  say("first\n");
  free(keep(malloc(13)));
  *nowhere = 2;
}

int main(void) {
  signal(SIGSEGV, handler);
  lose();
  *nowhere = 1;
}
