// qsort's temporary memory is gone; what it sorted is where it was put.
// reachable keep_sorted 1 80000
// reachable keep_elements 10000 320000
#include "leak.h"
static char** volatile all;
static int order(const void* a, const void* b) { return (**(char* const*)a) - (**(char* const*)b); }
APART void keep_sorted(void) { all = malloc(10000 * sizeof *all); }
APART void keep_elements(void) {
  for (int i = 0; i != 10000; ++i) all[i] = memset(malloc(32), i * 7919 % 251, 32);
}
int main(void) {
  keep_sorted();
  keep_elements();
  qsort(all, 10000, sizeof *all, order);
  scrub();
  return all[0][0] > all[9999][0];
}
