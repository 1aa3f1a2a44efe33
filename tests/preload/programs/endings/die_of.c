// Dies of the signal that its argument names, by its own hand; scenario fatal_signals runs it with all of them.
//
//   die_of NUMBER
//
// args: 1
// build: O2
// signal 1
// lost lose 500 5
// expect process["end"] == ("signal" if mode == "cli" else "killed")
#include <signal.h>

#include "ending.h"

int main(int count, char** words) {
  lose();
  say("ready\n");
  if (count < 2) return 1;
  kill(getpid(), atoi(words[1]));
  /* One that is ignored, or only stops, does not end it. */
  return 42;
}
