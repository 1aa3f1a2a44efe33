// Stack overflow with a handler on an alternate stack that allocates, tells, and ends by _exit.
//
// row: endings | stack overflow, handler on its own stack
// exit 9
// lost lose 500 5
// lost lose_in_handler 26 2
// expect process["end"] == "exit" and process["exit_code"] == 9
#include <signal.h>

#include "ending.h"

static char signal_stack[1 << 16];
NOINLINE static void lose_in_handler(void) {
  for (int i = 0; i < 2; ++i) keep(malloc(13));
}
static void handler(int number) {
  (void)number;
  lose_in_handler();
  say("the stack is full\n");
  _exit(9);
}
NOINLINE static int overflow(int level) {
  volatile char room[1024];
  room[level % 1024] = 1;
  return overflow(level + 1) + room[0];
}

int main(void) {
  const stack_t where = {.ss_sp = signal_stack, .ss_size = sizeof signal_stack};
  sigaltstack(&where, NULL);
  struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
  sigaction(SIGSEGV, &action, NULL);
  lose();
  return overflow(0);
}
