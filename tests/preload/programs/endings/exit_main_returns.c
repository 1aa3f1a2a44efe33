// main returns while other threads still allocate, one of them detached: exit does not wait for them.
//
// exit 2
// lost lose 500 5
// expect process["end"] == "exit" and process["exit_code"] == 2
#include <pthread.h>
#include <stdio.h>

#include "ending.h"

int main(void) {
  pthread_t threads[3];
  for (int i = 0; i < 3; ++i) pthread_create(&threads[i], NULL, churn, NULL);
  pthread_detach(threads[0]);
  lose();
  usleep(10000);
  puts("three threads are at work");
  return 2;
}
