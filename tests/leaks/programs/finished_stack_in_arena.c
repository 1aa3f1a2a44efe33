// A stack of the program's own, whose thread has ended: it is memory of the program's again, and may know blocks.
// reachable keep_afterwards 1 550
// link -pthread
#include <pthread.h>
#include <sys/mman.h>
#include "leak.h"
enum { kBytes = 1 << 20 };
static void* work(void* none) {
  free(malloc(30));
  return none;
}
APART void keep_afterwards(char** arena) { arena[50000] = block(550); }
int main(void) {
  pthread_attr_t attributes;
  pthread_t thread;
  char** arena = mmap(NULL, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  pthread_attr_init(&attributes);
  pthread_attr_setstack(&attributes, arena, kBytes);
  pthread_create(&thread, &attributes, work, NULL);
  pthread_join(thread, NULL);
  keep_afterwards(arena);
  scrub();
  return 0;
}
