// Allocation on a stack that is not the thread's own: a signal stack and a coroutine's.
//
// expect leaks("lose_in_handler") == (21, 1)
// expect leaks("lose_in_coroutine") == (23, 1)
// row: faults | allocation on a signal stack and in a coroutine
// lost lose_in_handler 21 1
// lost lose_in_coroutine 23 1
#include <signal.h>
#include <stdlib.h>
#include <ucontext.h>
#include <unistd.h>

#include "support.h"

NOINLINE static void lose_in_handler(void) { keep(malloc(21)); }
NOINLINE static void lose_in_coroutine(void) { keep(malloc(23)); }
static void handler(int signal) { (void)signal, lose_in_handler(); }

static ucontext_t home, away;
static char stack[1 << 16], signal_stack[1 << 16];
static void coroutine(void) {
  lose_in_coroutine();
  swapcontext(&away, &home);
}

int main(void) {
  const stack_t where = {.ss_sp = signal_stack, .ss_size = sizeof signal_stack};
  sigaltstack(&where, NULL);
  struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
  sigaction(SIGUSR1, &action, NULL);
  raise(SIGUSR1);
  getcontext(&away);
  away.uc_stack.ss_sp = stack;
  away.uc_stack.ss_size = sizeof stack;
  makecontext(&away, coroutine, 0);
  swapcontext(&home, &away);
  write(1, "done\n", 5);
  return 0;
}
