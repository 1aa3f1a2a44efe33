// A program that limits its own address space afterwards still gets what the limit allows: weir holds no address space in
// advance.
//
// expect leaks("hold") == (100 << 20, 100)
// row: faults | RLIMIT_AS set by the program itself
// lost hold 104857600 100
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "support.h"

NOINLINE static int hold(void) {
  for (int i = 0; i < 100; ++i) {
    void* block = keep(malloc(1 << 20));
    if (block == NULL) return 1;
    memset(block, 1, 1 << 20);
  }
  return 0;
}

int main(void) {
  const struct rlimit limit = {1UL << 30, 1UL << 30};
  if (setrlimit(RLIMIT_AS, &limit) != 0) return 2;
  return hold();
}
