// What a thread returned stays in its descriptor, which glibc keeps: of a thread that was joined, too.
// reachable keep_unfetched 1 130
// reachable keep_fetched 1 131
// link -pthread
#include <pthread.h>
#include <unistd.h>
#include "leak.h"
APART void* keep_unfetched(void* none) { return block(130); }
APART void* keep_fetched(void* none) { return block(131); }
int main(void) {
  pthread_t one, two;
  pthread_create(&one, NULL, keep_unfetched, NULL);
  pthread_create(&two, NULL, keep_fetched, NULL);
  pthread_join(two, NULL);
  usleep(50000);
  scrub();
  return 0;
}
