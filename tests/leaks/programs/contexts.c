// Two threads of control in one thread: the one that is swapped out lives on a mapping, and knows its block.
// reachable keep_in_context 1 530
#include <sys/mman.h>
#include <ucontext.h>
#include "leak.h"
static ucontext_t out, in;
APART char* keep_in_context(void) { return block(530); }
static void inside(void) {
  char* volatile local = keep_in_context();
  swapcontext(&in, &out);
  (void)*local;
}
int main(void) {
  getcontext(&in);
  in.uc_stack.ss_sp = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  in.uc_stack.ss_size = 65536;
  in.uc_link = &out;
  makecontext(&in, inside, 0);
  swapcontext(&out, &in);
  scrub();
  return 0;
}
