// The program asks weir what of its heap is lost, while another thread works: before it has lost anything, after, and once what it
// lost is found again. At the end the profile says what is true then.
//
// expect mode == "sampled" or leaks("lose") == (300, 3) and verdict("lost", "lose") == (300, 3)
// expect mode == "sampled" or coverage("scan")["looks_on_request"] == 0
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"
#include "weir/weir.h"

static atomic_int over;
static void* volatile held[5];
static size_t hidden;

static NOINLINE void* work(void* nothing) {
  while (!over) free(keep(malloc(100)));
  return nothing;
}
static NOINLINE void lose(int blocks) {
  for (int i = 0; i != blocks; ++i) memset(keep(malloc(100)), 1, 100);
  free(keep(malloc(10))); /* a thread's newest block counts as known */
}
/* What calls have left behind on the stack is where weir's own frames will lie, with room in them that they do not write. */
static NOINLINE void clean_stack(void) {
  char below[1 << 16];
  memset(below, 0, sizeof(below));
  keep(below);
}
static NOINLINE void hide(void) { hidden = ~(size_t)keep(malloc(5000)); }

static long lost_bytes(void) {
  clean_stack();
  weir_verdict heap = {sizeof(heap)};
  const int status = weir_scan != NULL ? weir_scan(&heap) : 0;
  return status == 0 ? (long)heap.lost_bytes : -1;
}

int main(void) {
  /* The allocator's own code holds the address of a slab, which is that of its first block, on the stacks of threads that run. */
  held[3] = keep(malloc(100));
  held[4] = keep(malloc(5000));
  pthread_t worker;
  pthread_create(&worker, NULL, work, NULL);
  for (int i = 0; i != 3; ++i) held[i] = keep(malloc(1000));
  if (weir_scan != NULL && weir_is_loaded()) {
    const long before = lost_bytes();
    lose(3);
    const long after = lost_bytes();
    hide();
    const long with_hidden = lost_bytes();
    void* volatile found = (void*)~hidden;
    const long again = lost_bytes();
    memset(found, 1, 5000);
    free(found);
    found = NULL;
    /* Sampled: there is nothing to say. */
    if (before != -1 && (after - before != 300 || with_hidden - after != 5000 || again != after)) {
      fprintf(stderr, "lost %ld, %ld, %ld, %ld\n", before, after, with_hidden, again);
      return 1;
    }
  } else {
    lose(3);
  }
  over = 1;
  pthread_join(worker, NULL);
  printf("done %p\n", held[0] == NULL ? held[0] : NULL);
  return 0;
}
