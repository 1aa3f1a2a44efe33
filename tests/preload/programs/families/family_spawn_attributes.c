// posix_spawn with file actions and attributes, and posix_spawnp: the program gets what was asked for.
//
// row: families | posix_spawn with file actions and attributes
// profiles any
// lost lose 200 2
// expect len([p for p in profiles if p.process["exe"].endswith("/cat")]) == 2
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

extern char** environ;

NOINLINE static void lose(void) { keep(malloc(100)); }

int main(void) {
  lose();
  int ends[2];
  if (pipe(ends) != 0) return 1;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/proc/version", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
  posix_spawn_file_actions_addclose(&actions, ends[0]);
  posix_spawn_file_actions_addclose(&actions, ends[1]);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t held;
  sigemptyset(&held);
  sigaddset(&held, SIGUSR1);
  posix_spawnattr_setsigmask(&attributes, &held);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
  char* words[] = {"cat", NULL};
  pid_t pid;
  if (posix_spawn(&pid, "/bin/cat", &actions, &attributes, words, environ) != 0) return 2;
  close(ends[1]);
  char text[6] = {0};
  if (read(ends[0], text, 5) != 5) return 3;
  int status = -1;
  if (waitpid(pid, &status, 0) != pid || status != 0) return 4;
  posix_spawn_file_actions_destroy(&actions);
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  if (posix_spawnp(&pid, "cat", &actions, NULL, words, environ) != 0) return 5;
  if (waitpid(pid, &status, 0) != pid || status != 0) return 6;
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (posix_spawn(&pid, "/none/such", NULL, NULL, words, environ) == 0) return 7;
  lose();
  printf("%s\n", text);
  return 0;
}
