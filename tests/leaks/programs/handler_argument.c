// Only the list of exit handlers knows the block. By then the handler has run; the list keeps its argument.
// reachable keep_argument 1 250
#include "leak.h"
extern int __cxa_atexit(void (*function)(void*), void* argument, void* module);
static char* volatile seen;
static void at_end(void* argument) { seen = argument; }
APART void keep_argument(void) { __cxa_atexit(at_end, block(250), NULL); }
int main(void) {
  keep_argument();
  scrub();
  return 0;
}
