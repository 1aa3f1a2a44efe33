// Address-space randomisation switched off: the program starts itself anew that way.
//
// row: faults | no address space randomisation
// profiles any
// expect child.leaks("lose") == (1000, 10)
// lost lose 1000 10
#include <stdio.h>
#include <sys/personality.h>
#include <unistd.h>

#include "sites.h"

static NOINLINE void lose(void) { keep(malloc(100)); }

int main(int count, char** arguments) {
  if ((personality(0xffffffff) & ADDR_NO_RANDOMIZE) == 0 && count == 1) {
    if (personality(ADDR_NO_RANDOMIZE) == -1) return 2;
    char* again[] = {arguments[0], "again", NULL};
    execv("/proc/self/exe", again);
    return 3;
  }
  for (unsigned i = 0; i != 300; ++i) free(next_step(i, 8, 1 + i * 1000));
  for (int i = 0; i != 10; ++i) lose();
  printf("done\n");
  return 0;
}
