// The child's own threads get the stacks of those that its parent had. What these held is then nobody's, here and to valgrind.
// profiles 2
// lost lose_on_taken_stack 1 410
// reachable lose_on_taken_stack 1 410
// link -pthread
#include "at_rest.h"
#include "leak.h"
APART char* lose_on_taken_stack(void) { return block(410); }
static void* work(void* none) {
  char* volatile mine = lose_on_taken_stack();
  rest();
  return mine != NULL ? mine : none;
}
static void* overwrite(void* none) {
  volatile char all[16384];
  for (unsigned i = 0; i != sizeof all; ++i) all[i] = 0;
  return none;
}
static void overwrite_stack(void) {
  pthread_t thread;
  pthread_create(&thread, NULL, overwrite, NULL);
  pthread_join(thread, NULL);
}
int main(void) {
  start_at_rest(work);
  return fork_and_wait(overwrite_stack);
}
