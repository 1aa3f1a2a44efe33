// A child that forks off judges for itself: it has its own copy of what its parent knew.
// profiles 2
// lost lose_in_child 1 340
// lost lose_before 2 682
// reachable keep_before 2 684
#include <sys/wait.h>
#include <unistd.h>
#include "leak.h"
static char* volatile known;
APART void keep_before(void) { known = block(342); }
APART void lose_before(void) { (void)block(341); }
APART void lose_in_child(void) { (void)block(340); }
int main(void) {
  keep_before();
  lose_before();
  scrub();
  const pid_t child = fork();
  if (child == 0) {
    lose_in_child();
    scrub();
    exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}
