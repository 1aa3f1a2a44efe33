// Detached threads, of which some run at the end.
// reachable keep_on_stack 3 1740
// lost lose_of_ended 3 1743
// link -pthread
#include <pthread.h>
#include <semaphore.h>
#include <unistd.h>
#include "leak.h"
static sem_t ready;
APART char* keep_on_stack(void) { return block(580); }
APART void lose_of_ended(void) {
  char* volatile local = block(581);
  (void)local;
}
static void* end(void* none) {
  lose_of_ended();
  return none;
}
static void* work(void* none) {
  char* volatile local = keep_on_stack();
  sem_post(&ready);
  for (;;) pause();
  return local;
}
static void start(void* (*what)(void*)) {
  pthread_t thread;
  pthread_create(&thread, NULL, what, NULL);
  pthread_detach(thread);
}
int main(void) {
  sem_init(&ready, 0, 0);
  for (int i = 0; i != 3; ++i) start(work);
  for (int i = 0; i != 3; ++i) sem_wait(&ready);
  for (int i = 0; i != 3; ++i) start(end);
  usleep(100000);
  scrub();
  return 0;
}
