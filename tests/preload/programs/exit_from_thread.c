// exit called by a thread while the others still allocate: the status passes, the profile is whole.
//
// row: endings | exit in a thread while others allocate
// lost lose 500 5
// exit 6
// expect leaks("lose") == (500, 5)
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "support.h"

NOINLINE static void lose(void) {
  for (int i = 0; i < 5; ++i) keep(malloc(100));
}
static void* churn(void* unused) {
  for (;;) free(keep(malloc(64)));
  return unused;
}
static void* leave(void* unused) {
  lose();
  puts("lost 5 blocks");
  usleep(20000);
  exit(6);
  return unused;
}

int main(void) {
  pthread_t thread;
  for (int i = 0; i < 2; ++i) pthread_create(&thread, NULL, churn, NULL);
  pthread_create(&thread, NULL, leave, NULL);
  pthread_join(thread, NULL);
  return 0;
}
