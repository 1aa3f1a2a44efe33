// exit called again within an atexit handler: the later status counts, the other handlers still run.
//
// row: endings | exit within an atexit handler
// exit 8
// lost lose 500 5
// lost last_handler 33 3
// expect process["end"] == "exit" and process["exit_code"] == 8
#include <stdio.h>

#include "ending.h"

NOINLINE static void last_handler(void) {
  for (int i = 0; i < 3; ++i) keep(malloc(11));
  puts("last handler");
}
static void exits_again(void) {
  lose();
  puts("once more");
  exit(8);
}

int main(void) {
  atexit(last_handler);
  atexit(exits_again);
  exit(1);
}
