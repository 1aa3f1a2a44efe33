// Started with stdin, stdout and stderr closed: the program finds them closed still, and the profile is whole.
//
// before: exec 0<&- 1>&- 2>&-
// run under: preload
// expect leaks("lose") == (100, 1)
// row: faults | started with stdin, stdout and stderr closed
// lost lose 100 1
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "support.h"

NOINLINE static void lose(void) { keep(malloc(100)); }

int main(void) {
  lose();
  for (int wanted = 0; wanted < 3; ++wanted)
    if (open("/dev/null", O_RDWR) != wanted) return 1;
  return 0;
}
