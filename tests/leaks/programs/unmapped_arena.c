// The arena goes, and with it what it knew.
// lost lose_with_arena 1 230
#include <sys/mman.h>
#include "leak.h"
APART void lose_with_arena(void) {
  char** at = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  at[500] = block(230);
  munmap(at, 65536);
}
int main(void) {
  lose_with_arena();
  scrub();
  return 0;
}
