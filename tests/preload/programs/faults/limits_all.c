// RLIMIT_DATA, RLIMIT_STACK, RLIMIT_NPROC and RLIMIT_MEMLOCK all small: memory, threads and the profile as ever.
//
// row: faults | RLIMIT_DATA, STACK, NPROC and MEMLOCK all small
// before: ulimit -d 40000; ulimit -s 256; ulimit -l 0
// expect leaks("lose") == (2100, 21)
// lost lose 2100 21
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/resource.h>

#include "sites.h"

static NOINLINE void lose(void) { keep(malloc(100)); }
static void* visit(void* unused) {
  for (unsigned i = 0; i != 300; ++i) free(next_step(i, 8, 40));
  for (int i = 0; i != 5; ++i) lose();
  return unused;
}

int main(void) {
  pthread_t threads[4];
  for (int i = 0; i != 4; ++i)
    if (pthread_create(&threads[i], NULL, visit, NULL) != 0) return 2;
  for (int i = 0; i != 4; ++i) pthread_join(threads[i], NULL);
  const struct rlimit none = {0, 0};
  setrlimit(RLIMIT_NPROC, &none);
  static void* blocks[200];
  int count = 0;
  while (count != 200 && (blocks[count] = keep(malloc(1 << 20))) != NULL) ++count;
  const int failed_well = count != 200 && errno == ENOMEM;
  while (count != 0) free(blocks[--count]);
  lose();
  printf("%s\n", failed_well ? "refused in the end" : "never refused");
  return 0;
}
