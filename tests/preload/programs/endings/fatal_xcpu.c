// SIGXCPU: a second of computing is all it may have, and it allocates all the while.
//
// row: endings | SIGXCPU by RLIMIT_CPU
// build: O2
// run under: preload sampled
// signal 24
// lost lose 500 5
// expect process["end"] == "killed"
#include <sys/resource.h>

#include "ending.h"

int main(void) {
  const struct rlimit one = {1, 10};
  setrlimit(RLIMIT_CPU, &one);
  lose();
  say("working\n");
  churn(NULL);
}
