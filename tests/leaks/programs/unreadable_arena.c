// Memory that nobody may read now is not read, and does not end the look.
// lost lose_in_unreadable 1 630
#include <sys/mman.h>
#include "leak.h"
APART void lose_in_unreadable(void) {
  char** at = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  at[100] = block(630);
  mprotect(at, 65536, PROT_NONE);
}
int main(void) {
  lose_in_unreadable();
  scrub();
  return 0;
}
