// glibc's own ways to look at the heap: accepted, and harmless.
//
// row: company | mtrace, mcheck, mallopt, malloc_info, obstacks, sbrk beside the heap
// expect leaks("lose") == (5 * 40, 5)
// expect live("stack_up") == (0, 0)
// expect report["errors"] == []
// lost lose 200 5
#include <malloc.h>
#include <mcheck.h>
#include <obstack.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support.h"

#define obstack_chunk_alloc malloc
#define obstack_chunk_free free

NOINLINE static void lose(void) {
  for (int i = 0; i < 5; ++i) keep(malloc(40));
}

NOINLINE static size_t stack_up(void) {
  struct obstack stack;
  obstack_init(&stack);
  char* first = obstack_alloc(&stack, 1);
  for (int i = 0; i < 5000; ++i) obstack_grow(&stack, "grown ", 6);
  const size_t bytes = obstack_object_size(&stack);
  obstack_finish(&stack);
  obstack_free(&stack, first);
  obstack_free(&stack, NULL);
  return bytes;
}

int main(void) {
  mcheck(NULL);
  setenv("MALLOC_TRACE", "/dev/null", 1);
  mtrace();
  lose();
  mallopt(M_MMAP_THRESHOLD, 4096);
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_PERTURB, 0x55);
  char* own = sbrk(1 << 20);
  if (own == (char*)-1) return 1;
  memset(own, 'o', 1 << 20);
  const size_t bytes = stack_up();
  void* block = keep(malloc(1000));
  mprobe(block);
  FILE* nowhere = fopen("/dev/null", "w");
  if (malloc_info(0, nowhere) != 0) return 2;
  fclose(nowhere);
  const struct mallinfo2 info = mallinfo2();
  free(block);
  malloc_trim(0);
  muntrace();
  for (int i = 0; i < 1 << 20; ++i)
    if (own[i] != 'o') return 3;
  sbrk(-(1 << 20));
  printf("obstack of %zu, in use: %s\n", bytes, info.uordblks >= 1000 ? "some" : "none");
  return 0;
}
