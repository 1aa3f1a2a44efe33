// exec of what is not there, in every form: the program goes on, and so does its recording.
//
// row: endings | exec that fails, and on it goes
// exit 3
// lost lose 500 5
// lost lose_after 77 7
// expect process["end"] == "exit" and process["exit_code"] == 3
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "ending.h"

extern char** environ;
NOINLINE static void lose_after(void) {
  for (int i = 0; i < 7; ++i) keep(malloc(11));
}

static void say_how(int status) { printf("%d %d\n", status, errno); }

int main(void) {
  char* const words[] = {"none", NULL};
  lose();
  const int fd = open("/", O_RDONLY);
  say_how(execv("/none/such", words));
  say_how(execve("/none/such", words, environ));
  say_how(execvp("no-such-program-anywhere", words));
  say_how(execl("/", "none", (char*)NULL));
  say_how(fexecve(fd, words, environ));
  lose_after();
  return 3;
}
