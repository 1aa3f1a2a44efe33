// SIGTERM out of nowhere (a timer's) while threads allocate.
//
// row: endings | SIGTERM
// signal 15
// lost lose 500 5
// expect process["end"] == ("signal" if mode == "cli" else "killed")
// expect mode != "cli" or process["signal"] == 15
#include <pthread.h>
#include <signal.h>
#include <time.h>

#include "ending.h"

int main(void) {
  pthread_t thread;
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGTERM};
  timer_t timer;
  if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0) return 1;
  lose();
  say("at work\n");
  const struct itimerspec soon = {{0, 0}, {0, 30000000}};
  timer_settime(timer, 0, &soon, NULL);
  pthread_create(&thread, NULL, churn, NULL);
  churn(NULL);
}
