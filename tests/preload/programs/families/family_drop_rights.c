// root becomes nobody and forks: the children cannot write where the profile was ordered, so theirs lie in the temporary
// directory, and say so. What the process itself had begun goes on.
//
// row: families | root becomes nobody, and then forks
// before: chmod 711 .. .; chmod 1777 tmp
// profiles any
// lost lose 1000 10
// lost lose_in_child 600 6
// expect parent.live("lose") == (1000, 10)
// expect all(any("cannot write the profile" in line and "Permission denied" in line for line in p.coverage("warnings")) for p in profiles[1:])
// expect len(profiles) == 3 and all(p.live("lose_in_child") == (300, 3) for p in profiles[1:])
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

NOINLINE static void lose(void) { keep(malloc(100)); }
NOINLINE static void lose_in_child(void) {
  for (int i = 0; i < 3; ++i) keep(malloc(100));
}

int main(void) {
  lose();
  if (geteuid() == 0 && (setgroups(0, NULL) != 0 || setgid(65534) != 0 || setuid(65534) != 0)) return 1;
  for (int i = 0; i < 9; ++i) lose();
  int ended = 0;
  for (int i = 0; i < 2; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      lose_in_child();
      exit(5);
    }
    int status = -1;
    ended += waitpid(child, &status, 0) == child && status == 5 << 8;
  }
  printf("%d children\n", ended);
  return ended != 2;
}
