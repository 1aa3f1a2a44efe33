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

int main(void) {
  char* const words[] = {"none", NULL};
  lose();
  const int fd = open("/", O_RDONLY);
  printf("%d %d\n", execv("/none/such", words), errno);
  printf("%d %d\n", execve("/none/such", words, environ), errno);
  printf("%d %d\n", execvp("no-such-program-anywhere", words), errno);
  printf("%d %d\n", execl("/", "none", (char*)NULL), errno);
  printf("%d %d\n", fexecve(fd, words, environ), errno);
  lose_after();
  return 3;
}
