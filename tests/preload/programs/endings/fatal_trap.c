// __builtin_trap: an instruction that is none.
//
// row: endings | SIGILL by __builtin_trap
// signal 4
// lost lose 500 5
// expect process["end"] == ("signal" if mode == "cli" else "killed")
#include "ending.h"

int main(void) {
  lose();
  say("no way on\n");
  __builtin_trap();
}
