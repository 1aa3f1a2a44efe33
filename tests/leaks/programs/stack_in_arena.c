// A thread's stack in the middle of a mapping of the program's, which holds pointers on either side.
// reachable keep_below 1 540
// reachable keep_above 1 541
// reachable keep_on_stack 1 542
// link -pthread
#include <pthread.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <unistd.h>
#include "leak.h"
enum { kBytes = 1 << 20 };
static sem_t ready;
static char* arena;
APART char* keep_on_stack(void) { return block(542); }
static void* work(void* none) {
  char* volatile local = keep_on_stack();
  sem_post(&ready);
  for (;;) pause();
  return local;
}
APART void keep_below(void) { ((char**)arena)[1000] = block(540); }
APART void keep_above(void) { ((char**)(arena + 2 * kBytes))[1000] = block(541); }
int main(void) {
  pthread_attr_t attributes;
  pthread_t thread;
  sem_init(&ready, 0, 0);
  arena = mmap(NULL, 3 * kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  pthread_attr_init(&attributes);
  pthread_attr_setstack(&attributes, arena + kBytes, kBytes);
  keep_below();
  keep_above();
  pthread_create(&thread, &attributes, work, NULL);
  sem_wait(&ready);
  usleep(20000);
  scrub();
  return 0;
}
