// SIGTERM as servers take it: the handler sets a flag, the threads end, what was in use is freed, main returns.
//
// row: endings | SIGTERM with an orderly shutdown
// lost lose 500 5
// lost work 0 0
// expect process["end"] == "exit" and process["exit_code"] == 0
// expect freed("work") > 100
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/time.h>

#include "ending.h"

static volatile sig_atomic_t stop;
static void handler(int number) { stop = number; }
NOINLINE static void* work(void* unused) {
  void* held[16] = {NULL};
  for (unsigned i = 0; i < 1000 || !stop; ++i) {
    free(held[i % 16]);
    held[i % 16] = keep(malloc(1 + i % 3000));
  }
  for (int i = 0; i < 16; ++i) free(held[i]);
  return unused;
}

int main(void) {
  struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
  sigaction(SIGTERM, &action, NULL);
  pthread_t threads[2];
  for (int i = 0; i < 2; ++i) pthread_create(&threads[i], NULL, work, NULL);
  lose();
  usleep(10000);
  kill(getpid(), SIGTERM);
  for (int i = 0; i < 2; ++i) pthread_join(threads[i], NULL);
  puts("shut down");
  return 0;
}
