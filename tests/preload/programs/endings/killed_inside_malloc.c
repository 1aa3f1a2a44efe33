// A fatal signal sent to a thread that is inside malloc or free, while others are too.
//
// row: endings | fatal signal inside malloc
// signal 15
// lost lose 500 5
// expect process["end"] == ("signal" if mode == "cli" else "killed")
#include <pthread.h>
#include <signal.h>

#include "ending.h"

int main(void) {
  pthread_t threads[3];
  lose();
  for (int i = 0; i < 3; ++i) pthread_create(&threads[i], NULL, churn, NULL);
  say("three threads are at work\n");
  usleep(20000);
  pthread_kill(threads[1], SIGTERM);
  pthread_join(threads[1], NULL);
  return 1;
}
