// Somebody removes the profile while the program runs, and then its directory: the program works on and ends as ever; weir
// makes no new file where the old one was.
//
// before: mkdir -p tmp/gone
// WEIR_OUT=@DIR@/tmp/gone/x.weir
// run under: preload sampled
// profiles 0
#include <stdio.h>
#include <unistd.h>

#include "sites.h"

int main(void) {
  for (unsigned i = 0; i != 100; ++i) free(next_step(i, 10, 40));
  unlink("tmp/gone/x.weir");
  rmdir("tmp/gone");
  for (unsigned i = 0; i != 5000; ++i) free(next_step(i, 15, 40));
  printf("gone: %d\n", access("tmp/gone", F_OK));
  return 0;
}
