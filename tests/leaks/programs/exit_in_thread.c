// exit() from a thread: its own frames count, and main's, which waits for it.
// reachable keep_of_thread 1 190
// reachable keep_of_main 1 191
// status 5
// link -pthread
#include <pthread.h>
#include "leak.h"
APART char* keep_of_thread(void) { return block(190); }
APART char* keep_of_main(void) { return block(191); }
static void* work(void* none) {
  char* volatile local = keep_of_thread();
  scrub();
  exit(5);
  return local;
}
int main(void) {
  pthread_t thread;
  char* volatile local = keep_of_main();
  pthread_create(&thread, NULL, work, NULL);
  pthread_join(thread, NULL);
  return local == NULL;
}
