// exit() far below main, with a status beyond 255: the low eight bits are the status.
//
// exit 7
// lost lose 500 5
// expect process["end"] == "exit" and process["exit_code"] == 7
#include "ending.h"

NOINLINE static int deep(int levels) {
  if (levels == 0) {
    lose();
    say("deep enough\n");
    exit(256 + 7);
  }
  return deep(levels - 1) + 1;
}

int main(void) { return deep(40); }
