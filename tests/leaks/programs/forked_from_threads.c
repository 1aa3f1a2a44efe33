// A child of fork has the memory of its parent's other threads, but not them: what their stacks and thread-local variables hold is
// known in it, as long as glibc keeps these stacks. What only their registers held, nobody can know.
// profiles 2
// reachable keep_on_stack 2 820
// reachable keep_in_tls 2 840
// link -pthread
#include "at_rest.h"
#include "leak.h"
static __thread char* volatile tls;
APART char* keep_on_stack(void) { return block(410); }
APART char* keep_in_tls(void) { return block(420); }
static void* work(void* none) {
  char* volatile mine = keep_on_stack();
  tls = keep_in_tls();
  rest();
  return mine != NULL ? mine : none;
}
int main(void) {
  start_at_rest(work);
  return fork_and_wait(NULL);
}
