// A thread's stack that is a block of the heap: the whole block counts as long as it is known.
// reachable keep_stack 1 262144
// reachable keep_on_stack 1 560
// link -pthread
#include <pthread.h>
#include <semaphore.h>
#include <unistd.h>
#include "leak.h"
static sem_t ready;
static void* volatile stack;
APART void keep_stack(void) { stack = aligned_alloc(4096, 262144); }
APART char* keep_on_stack(void) { return block(560); }
static void* work(void* none) {
  char* volatile local = keep_on_stack();
  sem_post(&ready);
  for (;;) pause();
  return local;
}
int main(void) {
  pthread_attr_t attributes;
  pthread_t thread;
  sem_init(&ready, 0, 0);
  keep_stack();
  pthread_attr_init(&attributes);
  pthread_attr_setstack(&attributes, stack, 262144);
  pthread_create(&thread, &attributes, work, NULL);
  sem_wait(&ready);
  scrub();
  return 0;
}
