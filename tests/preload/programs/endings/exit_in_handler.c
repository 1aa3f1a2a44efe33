// SIGINT whose handler calls exit, as many programs do, between two allocations.
//
// row: endings | SIGINT with a handler that calls exit
// exit 130
// lost lose 500 5
// lost lose_in_handler 26 2
// lost lose_at_exit 15 1
// expect process["end"] == "exit" and process["exit_code"] == 130
#include <signal.h>

#include "ending.h"

NOINLINE static void lose_at_exit(void) { keep(malloc(15)); }
NOINLINE static void lose_in_handler(void) {
  for (int i = 0; i < 2; ++i) keep(malloc(13));
}
static void handler(int number) {
  lose_in_handler();
  say("interrupted\n");
  exit(128 + number);
}

int main(void) {
  atexit(lose_at_exit);
  signal(SIGINT, handler);
  lose();
  raise(SIGINT);
  return 1;
}
