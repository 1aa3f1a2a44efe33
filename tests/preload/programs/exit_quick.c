// quick_exit: only its own handlers run, they may allocate, and the counts are exact.
//
// row: endings | quick_exit with handlers
// exit 4
// lost lose 500 5
// lost lose_at_quick_exit 51 3
// expect process["end"] == "exit" and process["exit_code"] == 4
// expect freed("lose") == 0
// expect total("hasty") == (3000, 30)
// expect total("at_ordinary_exit") == (0, 0)
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
NOINLINE static void lose_at_quick_exit(void) {
  for (int i = 0; i < 3; ++i) keep(malloc(17));
  if (write(1, "at quick_exit\n", 14) != 14) _exit(1);
}
NOINLINE static void at_ordinary_exit(void) { keep(malloc(19)); }

int main(void) {
  atexit(at_ordinary_exit);
  at_quick_exit(lose_at_quick_exit);
  lose();
  hasty();
  quick_exit(4);
}
