// All memory is locked, now and to come: what weir has of address space without memory behind it stays so.
//
// row: faults | mlockall(MCL_CURRENT | MCL_FUTURE)
// expect leaks("lose") == (100 * 1000, 1000)
// lost lose 100000 1000
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "sites.h"

static NOINLINE void lose(void) {
  for (int i = 0; i != 500; ++i) keep(malloc(100));
}

static void* visit(void* unused) {
  lose();
  for (unsigned i = 0; i != 1000; ++i) free(next_step(i, 10, 40));
  return unused;
}

int main(void) {
  lose();
  printf("%d\n", mlockall(MCL_CURRENT | MCL_FUTURE));
  pthread_t thread;
  pthread_create(&thread, NULL, visit, NULL);
  pthread_join(thread, NULL);
  char* big = keep(malloc(3 << 20));
  memset(big, 1, 3 << 20);
  free(big);
  printf("end\n");
  return 0;
}
