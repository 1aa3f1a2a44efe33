// A relative WEIR_OUT is taken from where the program started, wherever it goes afterwards.
//
// WEIR_OUT=here.%p.weir
// expect leaks("lose") == (100, 1)
// expect str(outcome.profiles[0].path.parent) == str(outcome.folder)
#include <stdlib.h>
#include <unistd.h>

#include "support.h"

NOINLINE static void lose(void) { keep(malloc(100)); }

int main(void) {
  if (chdir("/") != 0) return 1;
  lose();
  return 0;
}
