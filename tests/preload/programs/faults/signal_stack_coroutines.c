// Coroutines made by a trick of old libraries: a handler on an alternate signal stack saves where it is, and is jumped back into when
// the signal is long over.
//
// row: faults | coroutines begun in a handler on a signal stack
// expect leaks("lose") == (5 * 48, 5)
// expect live("churn") == (0, 0)
// lost lose 240 5
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>

#include "sites.h"

static sigjmp_buf home, away;
static volatile int arrived;

static NOINLINE void churn(void) {
  for (unsigned i = 0; i != 100; ++i) free(next_step(i, 7, 32));
}
static NOINLINE void lose(void) { keep(malloc(48)); }

static NOINLINE void body(void) {
  for (;;) {
    churn();
    lose();
    if (sigsetjmp(away, 0) == 0) siglongjmp(home, 1);
  }
}
static void begin(int signal) {
  (void)signal;
  arrived = 1;
  if (sigsetjmp(away, 0) != 0) body();
}

int main(void) {
  const stack_t stack = {.ss_sp = keep(malloc(64 << 10)), .ss_size = 64 << 10};
  sigaltstack(&stack, NULL);
  struct sigaction action = {.sa_handler = begin, .sa_flags = SA_ONSTACK};
  sigaction(SIGUSR1, &action, NULL);
  raise(SIGUSR1);
  for (volatile int i = 0; i != 5; ++i) {
    churn();
    if (sigsetjmp(home, 0) == 0) siglongjmp(away, 1);
  }
  printf("%d\n", arrived);
  return 0;
}
