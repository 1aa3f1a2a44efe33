// The child gives up what its parent still knows.
// profiles 2
// lost lose_in_child_only 1 350
// reachable lose_in_child_only 1 350
#include <sys/wait.h>
#include <unistd.h>
#include "leak.h"
static char* volatile known;
APART void lose_in_child_only(void) { known = block(350); }
int main(void) {
  lose_in_child_only();
  scrub();
  const pid_t child = fork();
  if (child == 0) {
    known = NULL;
    free(malloc(10));
    scrub();
    exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}
