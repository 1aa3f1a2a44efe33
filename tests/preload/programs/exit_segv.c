// A wild pointer: the counts are exact.
//
// row: endings | SIGSEGV
// lost lose 500 5
// signal 11
// expect process["end"] == ("signal" if mode == "cli" else "killed")
// expect mode != "cli" or process["signal"] == 11
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
  volatile int* volatile nowhere = (int*)8;
  *nowhere = 1;
}
