// A timer's signal whose handler leaves by _exit, wherever it finds the program: nearly always inside malloc or free.
//
// row: endings | _exit in a handler that interrupts malloc
// exit 5
// lost lose 500 5
// expect process["end"] == "exit" and process["exit_code"] == 5
#include <signal.h>
#include <sys/time.h>

#include "ending.h"

static void handler(int number) {
  (void)number;
  say("time is up\n");
  _exit(5);
}

int main(void) {
  signal(SIGALRM, handler);
  lose();
  const struct itimerval soon = {{0, 0}, {0, 20000}};
  setitimer(ITIMER_REAL, &soon, NULL);
  churn(NULL);
}
