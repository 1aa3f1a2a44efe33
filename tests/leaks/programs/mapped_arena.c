// An anonymous mapping, one that has become read-only, the data segment beyond its end, and shared memory.
// reachable keep_in_mapping 1 220
// reachable keep_in_read_only 1 221
// reachable keep_in_sbrk 1 222
// lost lose_in_shared 1 223
// differs keep_in_read_only: valgrind passes over what cannot be written
// differs lose_in_shared: valgrind takes shared memory for roots
#include <sys/mman.h>
#include <unistd.h>
#include "leak.h"
static void* map(int flags) { return mmap(NULL, 65536, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0); }
APART void keep_in_mapping(void) { ((char**)map(MAP_PRIVATE))[500] = block(220); }
APART void keep_in_read_only(void) {
  char** at = map(MAP_PRIVATE);
  at[600] = block(221);
  mprotect(at, 65536, PROT_READ);
}
APART void keep_in_sbrk(void) {
  char** at = (char**)(((uintptr_t)sbrk(65536) + 15) & ~(uintptr_t)15);
  at[100] = block(222);
}
APART void lose_in_shared(void) { ((char**)map(MAP_SHARED))[700] = block(223); }
int main(void) {
  keep_in_mapping();
  keep_in_read_only();
  keep_in_sbrk();
  lose_in_shared();
  scrub();
  return 0;
}
