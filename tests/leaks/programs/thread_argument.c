// A thread that runs at the end knows the block by its argument. (The other block is glibc's table of its thread-local storage.)
// reachable keep_argument 2 *
// link -pthread
#include <pthread.h>
#include <semaphore.h>
#include <unistd.h>
#include "leak.h"
static sem_t ready;
static void* work(void* argument) {
  char* volatile mine = (char*)argument;
  sem_post(&ready);
  for (;;) pause();
  return mine;
}
APART void keep_argument(void) {
  pthread_t thread;
  pthread_create(&thread, NULL, work, block(140));
}
int main(void) {
  sem_init(&ready, 0, 0);
  keep_argument();
  sem_wait(&ready);
  scrub();
  return 0;
}
