// The old layout of the address space, as an unlimited stack brings it: mappings grow upwards from the middle.
//
// row: faults | unlimited stack size: the legacy memory layout
// before: ulimit -s unlimited
// expect leaks("lose") == (1000, 10)
// expect live("churn") == (0, 0)
// lost lose 1000 10
#include <pthread.h>
#include <stdio.h>

#include "sites.h"

static NOINLINE void lose(void) { keep(malloc(100)); }
static NOINLINE void* churn(void* unused) {
  for (unsigned i = 0; i != 300; ++i) free(next_step(i, 8, 1 + i * 1000));
  return unused;
}

int main(void) {
  pthread_t thread;
  pthread_create(&thread, NULL, churn, NULL);
  pthread_join(thread, NULL);
  churn(NULL);
  for (int i = 0; i != 10; ++i) lose();
  printf("done\n");
  return 0;
}
