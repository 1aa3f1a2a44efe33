// Only pthread_setspecific knows the block: the first level of glibc's table, and the second.
// reachable keep_near 1 120
// reachable keep_far 2 *
// link -pthread
#include <pthread.h>
#include "leak.h"
static pthread_key_t keys[100];
APART void keep_near(void) { pthread_setspecific(keys[0], block(120)); }
APART void keep_far(void) { pthread_setspecific(keys[99], block(121)); }
int main(void) {
  for (int i = 0; i != 100; ++i) pthread_key_create(&keys[i], NULL);
  keep_near();
  keep_far();
  scrub();
  return 0;
}
