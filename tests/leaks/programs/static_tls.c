// Thread-local variables of the program: of the first thread, and of one that runs at the end.
// reachable keep_first 1 110
// reachable keep_other 1 111
// link -pthread
#include <pthread.h>
#include <semaphore.h>
#include <unistd.h>
#include "leak.h"
static __thread char* volatile own;
static sem_t ready;
APART void keep_first(void) { own = block(110); }
APART void keep_other(void) { own = block(111); }
static void* work(void* none) {
  keep_other();
  scrub();
  sem_post(&ready);
  for (;;) pause();
  return none;
}
int main(void) {
  pthread_t thread;
  sem_init(&ready, 0, 0);
  keep_first();
  pthread_create(&thread, NULL, work, NULL);
  sem_wait(&ready);
  scrub();
  return 0;
}
