// A program that runs another with an environment of its own has its way: without LD_PRELOAD that program is not recorded,
// with it and other options it is recorded by those.
//
// row: families | execve with an environment emptied, and with one changed
// profiles any
// lost lose 200 2
// expect len([p for p in profiles if p.process["args"][-1:] and "GREETING" in str(p.process["args"]) ]) == 1
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

extern char** environ;

NOINLINE static void lose(void) { keep(malloc(100)); }

static int run(char** environment) {
  const pid_t child = fork();
  if (child == 0) {
    char* words[] = {"sh", "-c", "echo \"GREETING is $GREETING\"", NULL};
    execve("/bin/sh", words, environment);
    _exit(1);
  }
  int status = -1;
  return waitpid(child, &status, 0) == child ? status : -1;
}

int main(void) {
  lose();
  char* none[] = {NULL};
  char* some[64] = {"GREETING=hello", NULL};
  int used = 1;
  for (char** entry = environ; *entry != NULL && used < 60; ++entry)
    if (strncmp(*entry, "LD_PRELOAD=", 11) == 0 || strncmp(*entry, "WEIR_", 5) == 0) some[used++] = *entry;
  const int emptied = run(none), changed = run(some);
  lose();
  fflush(stdout);
  return emptied != 0 || changed != 0;
}
