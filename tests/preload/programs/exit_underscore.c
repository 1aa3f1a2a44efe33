// _exit: no handler runs, and the counts are exact.
//
// row: endings | _exit
// lost lose 500 5
// exit 3
// expect process["end"] == "exit" and process["exit_code"] == 3
// expect leaks("lose") == (500, 5)
// expect freed("lose") == 0
// expect total("hasty") == (3000, 30)
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "support.h"

NOINLINE static void lose(void) {
  for (int i = 0; i < 5; ++i) keep(malloc(100));
}
NOINLINE static void hasty(void) {
  for (int i = 0; i < 30; ++i) free(keep(malloc(100)));
}

int main(void) {
  lose();
  hasty();
  if (write(1, "lost 5 blocks\n", 14) != 14) return 1;
  _exit(3);
}
