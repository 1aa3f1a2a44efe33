// A script is run, whose interpreter runs another script, which becomes a program: each image of each process keeps what it
// had recorded, although process id and start time are the same.
//
// row: families | a chain of execs: script, interpreter, script, program
// before: printf '#!/bin/sh\nx=$(echo one)\nexec ./second "$@"\n' > first; printf '#!/bin/sh\nexec "$@" last\n' > second; chmod +x first second
// profiles any
// exit 4
// lost lose_first 100 1
// lost lose_last 300 3
// expect len([p for p in profiles if "exec_chain" in p.process["exe"]]) == 2
// expect len({p.process["pid"] for p in profiles if p.live("lose_first")[1] or p.live("lose_last")[1]}) == 1
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support.h"

NOINLINE static void lose_first(void) { keep(malloc(100)); }
NOINLINE static void lose_last(void) {
  for (int i = 0; i < 3; ++i) keep(malloc(100));
}

int main(int count, char** words) {
  if (count == 1) {
    lose_first();
    char self[4096];
    const ssize_t bytes = readlink("/proc/self/exe", self, sizeof(self) - 1);
    if (bytes <= 0) return 1;
    self[bytes] = 0;
    execl("./first", "first", self, (char*)NULL);
    return 2;
  }
  lose_last();
  printf("%s\n", words[count - 1]);
  return 4;
}
