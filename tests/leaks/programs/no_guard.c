// Threads without guard pages, which have ended and which run.
// reachable keep_on_stack 4 2280
// link -pthread
#include <pthread.h>
#include <semaphore.h>
#include <unistd.h>
#include "leak.h"
static sem_t ready;
APART char* keep_on_stack(void) { return block(570); }
static void* end(void* none) { return none; }
static void* work(void* none) {
  char* volatile local = keep_on_stack();
  sem_post(&ready);
  for (;;) pause();
  return local;
}
int main(void) {
  pthread_attr_t attributes;
  pthread_t threads[4];
  sem_init(&ready, 0, 0);
  pthread_attr_init(&attributes);
  pthread_attr_setguardsize(&attributes, 0);
  for (int i = 0; i != 4; ++i) pthread_create(&threads[i], &attributes, end, NULL);
  for (int i = 0; i != 4; ++i) pthread_join(threads[i], NULL);
  for (int i = 0; i != 4; ++i) pthread_create(&threads[i], &attributes, work, NULL);
  for (int i = 0; i != 4; ++i) sem_wait(&ready);
  usleep(20000);
  scrub();
  return 0;
}
