// A timer's handler that allocates wherever it interrupts the program outside malloc and free, and leaves by
// longjmp now and then: the same as without weir, and the blocks add up.
//
// expect live("churn") == (0, 0)
// expect live("handler") == (0, 0)
// expect report["errors"] == []
// row: faults | a timer whose handler allocates and jumps out
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

#include "support.h"

static volatile sig_atomic_t ticks, inside, may_jump;
static sigjmp_buf back;

static void handler(int signal) {
  (void)signal;
  ++ticks;
  if (inside) return;
  free(keep(malloc(40 + ticks % 100)));
  if (may_jump && ticks % 5 == 0) siglongjmp(back, 1);
}

NOINLINE static void churn(void) {
  void* blocks[32];
  inside = 1;
  for (int i = 0; i < 32; ++i) blocks[i] = keep(malloc(8 + 37 * i));
  for (int i = 0; i < 32; ++i) free(blocks[i]);
  inside = 0;
}

NOINLINE static unsigned think(void) {
  unsigned sum = 0;
  if (sigsetjmp(back, 1) == 0) {
    may_jump = 1;
    for (unsigned i = 0; i < 3000; ++i) sum += i * (unsigned)ticks;
  }
  may_jump = 0;
  return sum;
}

int main(void) {
  struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
  sigaction(SIGALRM, &action, NULL);
  const struct itimerval often = {{0, 100}, {0, 100}};
  setitimer(ITIMER_REAL, &often, NULL);
  while (ticks < 3000) {
    churn();
    think();
  }
  const struct itimerval never = {{0, 0}, {0, 0}};
  setitimer(ITIMER_REAL, &never, NULL);
  write(1, "done\n", 5);
  return 0;
}
