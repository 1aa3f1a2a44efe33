// Threads on memory that the program gives them: 16 KiB, the least that there is, in a page-aligned array and just above a guard page.
//
// row: faults | threads on the program's own stacks of 16 KiB
// expect leaks("lose") == (8 * 24, 8)
// lost lose 192 8
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sites.h"

static NOINLINE void lose(void) { keep(malloc(24)); }
static void* visit(void* unused) {
  lose();
  for (unsigned i = 0; i != 200; ++i) free(next_step(i, 5, 100));
  for (int i = 0; i != 3000; ++i) free(keep(calloc(1, i)));
  return unused;
}

int main(void) {
  for (int i = 0; i != 8; ++i) {
    char* place = mmap(NULL, 4096 + 16384, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(place, 4096, PROT_NONE);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    if (pthread_attr_setstack(&attributes, place + 4096, 16384) != 0) return 2;
    pthread_t thread;
    if (pthread_create(&thread, &attributes, visit, NULL) != 0) return 3;
    pthread_join(thread, NULL);
  }
  printf("done\n");
  return 0;
}
