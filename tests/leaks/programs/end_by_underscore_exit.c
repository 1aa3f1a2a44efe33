// _exit: no handlers, the same verdicts.
// reachable keep_global 1 200
// lost lose_it 1 201
// status 4
#include <unistd.h>
#include "leak.h"
static char* volatile global;
APART void keep_global(void) { global = block(200); }
APART void lose_it(void) { (void)block(201); }
int main(void) {
  keep_global();
  lose_it();
  scrub();
  _exit(4);
}
