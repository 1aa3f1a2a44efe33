// The peak when a second thread comes while the first waits for it: neither what the first had made nor what it had freed
// without telling is left out. The program asks weir after each phase.
//
// expect abs(host["peak_bytes"] - (36 << 20)) < (1 << 20)
// expect abs(at_peak("first") - (30 << 20)) < (1 << 20)
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "support.h"
#include "weir/weir.h"

enum { kMega = 1 << 20 };

NOINLINE static void* first(int megabytes) { return keep(malloc(megabytes * kMega)); }
NOINLINE static void* second(void* megabytes) {
  free(keep(malloc((size_t)megabytes * kMega)));
  return NULL;
}
static void second_thread(size_t megabytes) {
  pthread_t thread;
  pthread_create(&thread, NULL, second, (void*)megabytes);
  pthread_join(thread, NULL);
}
static int peak_is(long megabytes) {
  weir_totals totals = {sizeof(totals)};
  if (!weir_is_loaded() || weir_get_totals(WEIR_HOST, &totals) != 0) return 1;
  const long off = (long)totals.peak_bytes - megabytes * kMega;
  if (labs(off) < kMega) return 1;
  fprintf(stderr, "the peak is %ld bytes off\n", off);
  return 0;
}

int main(void) {
  void* rising = first(10);
  second_thread(6);
  if (!peak_is(16)) return 1;
  free(rising);
  free(first(20));
  second_thread(12);
  if (!peak_is(20)) return 2;
  void* again = first(30);
  second_thread(6);
  if (!peak_is(36)) return 3;
  free(again);
  return 0;
}
