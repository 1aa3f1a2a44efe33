// Children by posix_spawn, system and vfork: the parent's profile is undisturbed, the children run.
//
// row: families | children by posix_spawn, system and vfork
// lost lose 300 3
// profiles any
// expect leaks("lose") == (300, 3)
// expect process["end"] == "exit"
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

extern char** environ;

NOINLINE static void lose(void) { keep(malloc(100)); }

int main(void) {
  lose();
  char* words[] = {"true", NULL};
  pid_t pid;
  int status = 0;
  if (posix_spawn(&pid, "/bin/true", NULL, NULL, words, environ) != 0) return 1;
  if (waitpid(pid, &status, 0) != pid || status != 0) return 2;
  lose();
  if (system("exit 3") != 3 << 8) return 3;
  pid = vfork();
  if (pid == 0) {
    execv("/bin/true", words);
    _exit(9);
  }
  if (waitpid(pid, &status, 0) != pid || status != 0) return 4;
  lose();
  puts("three children");
  return 0;
}
