// A timer's handler that allocates, also while it interrupts malloc and free themselves: no hang, no crash, and the
// blocks add up. (No allocator promises this; glibc's own fails it now and then, so there is no run without weir.)
//
// bare: no
// expect live("churn") == (0, 0)
// expect report["errors"] == []
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>

#include "support.h"

static volatile sig_atomic_t ticks;

static void handler(int signal) {
  (void)signal;
  free(keep(malloc(40 + ticks % 100)));
  ++ticks;
}

NOINLINE static void churn(void) {
  void* blocks[32];
  for (int i = 0; i < 32; ++i) blocks[i] = keep(malloc(8 + 37 * i));
  for (int i = 0; i < 32; ++i) free(blocks[i]);
}

int main(void) {
  struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
  sigaction(SIGALRM, &action, NULL);
  const struct itimerval often = {{0, 100}, {0, 100}};
  setitimer(ITIMER_REAL, &often, NULL);
  while (ticks < 3000) churn();
  const struct itimerval never = {{0, 0}, {0, 0}};
  setitimer(ITIMER_REAL, &never, NULL);
  return 0;
}
