// glibc keeps the stack of a finished thread, with what was on it: that is nobody's.
// lost lose_on_dead_stack 1 150
// link -pthread
#include <pthread.h>
#include "leak.h"
APART void lose_on_dead_stack(void) {
  char* volatile many[64];
  char* made = block(150);
  for (int i = 0; i != 64; ++i) many[i] = made;
  (void)many[3];
}
static void* work(void* none) {
  lose_on_dead_stack();
  return none;
}
int main(void) {
  pthread_t thread;
  pthread_create(&thread, NULL, work, NULL);
  pthread_join(thread, NULL);
  scrub();
  return 0;
}
