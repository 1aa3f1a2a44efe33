// A program that writes over its argv and environment strings, as setproctitle does, and then changes the
// variables: weir works from what it read at start.
//
// row: company | argv and environ overwritten, as setproctitle does
// profiles 2
// expect leaks("lose") == (100, 1)
// expect child.leaks("lose") == (100, 1)
// lost lose 200 2
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

extern char** environ;

NOINLINE static void lose(void) { keep(malloc(100)); }

int main(int count, char** words) {
  char* begin = words[0];
  char* end = begin;
  for (int i = 0; i < count; ++i) end = words[i] + strlen(words[i]) + 1;
  for (char** variable = environ; *variable != NULL; ++variable) end = *variable + strlen(*variable) + 1;
  memset(begin, 'X', end - begin - 1);
  static char* none[] = {NULL};
  environ = none;
  setenv("WEIR_OUT", "/somewhere/else.weir", 1);
  setenv("WEIR_RECORD", "off", 1);
  const pid_t pid = fork();
  if (pid == 0) {
    lose();
    exit(0);
  }
  lose();
  int status = 1;
  if (waitpid(pid, &status, 0) != pid || status != 0) return 1;
  puts("under another name");
  return 0;
}
