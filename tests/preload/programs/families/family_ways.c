// Starts itself again in one of several ways; what is started says what it sees in LD_PRELOAD. (Used by
// scenarios/family_follow.py.)
//
// run under: preload
// build: O2
// profiles 1
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

extern char** environ;

NOINLINE static void lose(void) { keep(malloc(100)); }

static int leaf(void) {
  const char* list = getenv("LD_PRELOAD");
  lose();
  printf("%s\n", list == NULL ? "-" : list);
  fflush(stdout);
  return 0;
}

static int wait_for(pid_t child) {
  int status = -1;
  return waitpid(child, &status, 0) == child && status == 0 ? 0 : 1;
}

int main(int count, char** words) {
  if (count < 2) return 0;
  const char* way = words[1];
  char* arguments[] = {words[0], "leaf", NULL};
  char command[4200];
  snprintf(command, sizeof(command), "'%s' leaf", words[0]);
  lose();
  if (strcmp(way, "leaf") == 0) return leaf();
  if (strcmp(way, "fork") == 0 || strcmp(way, "fork+exec") == 0) {
    const pid_t child = fork();
    if (child == 0) {
      lose();
      if (way[4] == '+') execv(words[0], arguments);
      exit(leaf());
    }
    return wait_for(child);
  }
  if (strcmp(way, "exec") == 0) execv(words[0], arguments);
  if (strcmp(way, "vfork+exec") == 0) {
    const pid_t child = vfork();
    if (child == 0) {
      execv(words[0], arguments);
      _exit(1);
    }
    return wait_for(child);
  }
  pid_t child;
  if (strcmp(way, "posix_spawn") == 0)
    return posix_spawn(&child, words[0], NULL, NULL, arguments, environ) != 0 || wait_for(child);
  if (strcmp(way, "system") == 0) return system(command) != 0;
  return 2;
}
