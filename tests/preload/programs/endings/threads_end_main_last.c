// Every thread ends by pthread_exit, main after it has joined the others; destructors of thread-specific data allocate.
//
// row: endings | all threads end by pthread_exit, main last
// lost lose 500 5
// lost lose_in_destructor 65 5
// expect process["end"] == "exit" and process["exit_code"] == 0
#include <pthread.h>
#include <stdio.h>

#include "ending.h"

static pthread_key_t key;
NOINLINE static void lose_in_destructor(void* value) {
  (void)value;
  keep(malloc(13));
}
static void* work(void* unused) {
  (void)unused;
  pthread_setspecific(key, &key);
  free(keep(malloc(100)));
  pthread_exit(NULL);
}

int main(void) {
  pthread_t threads[4];
  pthread_key_create(&key, lose_in_destructor);
  for (int i = 0; i < 4; ++i) pthread_create(&threads[i], NULL, work, NULL);
  for (int i = 0; i < 4; ++i) pthread_join(threads[i], NULL);
  lose();
  puts("all but main");
  fflush(stdout);
  work(NULL);
}
