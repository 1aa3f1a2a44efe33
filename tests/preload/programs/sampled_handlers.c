// A timer's handler that frees sampled blocks and allocates wherever it interrupts, weir too: every block is sampled, so none of
// jemalloc's own ways is interrupted. Nothing is lost, and nothing stands still.
//
// WEIR_RECORD=sampled
// WEIR_SAMPLE_EVERY=1
// run under: preload
// expect report["errors"] == []
// expect live("churn") == (0, 0)
// expect live("handler") == (0, 0)
// expect process["samples"] > 80000
// expect coverage("blocks_in_handlers") > 0
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>

#include "support.h"

static volatile sig_atomic_t ticks;
static void* _Atomic given[16];

static void handler(int signal) {
  (void)signal;
  ++ticks;
  for (int i = 0; i < 16; ++i) free(__atomic_exchange_n((void**)&given[i], NULL, __ATOMIC_ACQ_REL));
  free(keep(malloc(3000)));
}

NOINLINE static void churn(void) {
  void* blocks[16];
  for (int i = 0; i < 16; ++i) blocks[i] = keep(malloc(200 + 37 * i));
  for (int i = 0; i < 16; ++i) free(__atomic_exchange_n((void**)&given[i], blocks[i], __ATOMIC_ACQ_REL));
}

int main(void) {
  struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
  sigaction(SIGALRM, &action, NULL);
  const struct itimerval often = {{0, 100}, {0, 100}};
  setitimer(ITIMER_REAL, &often, NULL);
  for (int i = 0; i < 5000 || ticks < 1000; ++i) churn();
  const struct itimerval never = {{0, 0}, {0, 0}};
  setitimer(ITIMER_REAL, &never, NULL);
  for (int i = 0; i < 16; ++i) free(given[i]);
  free(keep(malloc(1000)));
  return 0;
}
