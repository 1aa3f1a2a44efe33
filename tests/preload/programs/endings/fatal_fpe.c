// A division by zero.
//
// signal 8
// lost lose 500 5
// expect process["end"] == ("signal" if mode == "cli" else "killed")
#include "ending.h"

int main(void) {
  volatile int zero = 0;
  lose();
  say("divide\n");
  return 1234 / zero;
}
