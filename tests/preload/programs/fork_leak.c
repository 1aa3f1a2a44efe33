// A block lost in the child is the child's leak, not the parent's; what the parent had made is not the child's.
//
// row: families | fork without exec: a block lost in the child
// lost lose_in_child 64 1
// profiles 2
// expect parent.leaks("lose_in_child") == (0, 0)
// expect parent.leaks("keep_in_parent") == (5 * 80, 5)
// expect child.leaks("lose_in_child") == (64, 1)
// expect child.leaks("keep_in_parent") == (0, 0)
// expect parent.process["pid"] != child.process["pid"]
// expect child.process["end"] == "exit" and child.process["exit_code"] == 7
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

static void* kept[5];

NOINLINE static void keep_in_parent(void) {
  for (int i = 0; i < 5; ++i) kept[i] = keep(malloc(80));
}
NOINLINE static void lose_in_child(void) {
  free(keep(malloc(7)));
  keep(malloc(64));
}

int main(void) {
  keep_in_parent();
  const pid_t pid = fork();
  if (pid == 0) {
    free(kept[0]);  // the parent's block, freed in the child: no misuse, and no change in the parent
    lose_in_child();
    exit(7);
  }
  int status = 0;
  if (waitpid(pid, &status, 0) != pid) return 1;
  printf("the child ended with %d\n", WEXITSTATUS(status));
  return WEXITSTATUS(status) != 7;
}
