// SIGPIPE: the reader has gone.
//
// row: endings | SIGPIPE
// signal 13
// lost lose 500 5
// expect process["end"] == ("signal" if mode == "cli" else "killed")
#include "ending.h"

int main(void) {
  int ends[2];
  if (pipe(ends) != 0) return 1;
  close(ends[0]);
  lose();
  say("nobody reads\n");
  return (int)write(ends[1], "x", 1);
}
