// Fibers on small stacks of their own: by swapcontext with 8 KiB, by a switch in assembly, and such as begin on one thread and go on
// on another. Each block is charged to the fiber's own call stack.
//
// row: faults | fibers with stacks of 8 KiB, some go on on another thread
// expect leaks("lose_by_context") == (20 * 24, 20)
// expect leaks("lose_by_switch") == (30 * 40, 30)
// expect leaks("lose_elsewhere") == (10 * 56, 10)
// expect live("churn") == (0, 0)
// lost lose_by_context 480 20
// lost lose_by_switch 1200 30
// lost lose_elsewhere 560 10
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "sites.h"

enum { kStack = 8 << 10, kFibers = 10 };

static NOINLINE void churn(void) {
  for (unsigned i = 0; i != 50; ++i) free(next_step(i, 6, 32));
}
static NOINLINE void lose_by_context(void) { keep(malloc(24)); }
static NOINLINE void lose_by_switch(void) { keep(malloc(40)); }
static NOINLINE void lose_elsewhere(void) { keep(malloc(56)); }

/* Between guard pages, as fiber libraries do it. */
static char* make_stack(void) {
  char* place = mmap(NULL, kStack + 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  mprotect(place + 4096, kStack, PROT_READ | PROT_WRITE);
  return place + 4096;
}

static ucontext_t home, fiber[kFibers];
static void by_context(int number) {
  lose_by_context();
  swapcontext(&fiber[number], &home);
  churn();
  lose_by_context();
  swapcontext(&fiber[number], &home);
}

/* switch_to(&save_here, there): pushes what must be kept, and is back when somebody switches here. */
void switch_to(void** save, void* to);
__asm__(
    ".text\n"
    ".globl switch_to\n"
    ".type switch_to, @function\n"
    "switch_to:\n"
    "  push %rbp\n  push %rbx\n  push %r12\n  push %r13\n  push %r14\n  push %r15\n"
    "  mov %rsp, (%rdi)\n"
    "  mov %rsi, %rsp\n"
    "  pop %r15\n  pop %r14\n  pop %r13\n  pop %r12\n  pop %rbx\n  pop %rbp\n"
    "  ret\n"
    ".size switch_to, .-switch_to\n");

static void *switch_home, *switched[kFibers];
static int current;
static void by_switch(void) {
  const int number = current;
  for (int i = 0; i != 3; ++i) {
    lose_by_switch();
    churn();
    switch_to(&switched[number], switch_home);
  }
  lose_elsewhere();
  churn();
  switch_to(&switched[number], switch_home);
}
static void* begin_on(char* stack) {
  void** top = (void**)(stack + kStack);
  *--top = NULL;  // nobody called by_switch()
  *--top = (void*)by_switch;
  for (int i = 0; i != 6; ++i) *--top = NULL;
  return top;
}

static void* go_on(void* unused) {
  for (current = 0; current != kFibers; ++current) switch_to(&switch_home, switched[current]);
  return unused;
}

int main(void) {
  for (int i = 0; i != kFibers; ++i) {
    getcontext(&fiber[i]);
    fiber[i].uc_stack.ss_sp = make_stack();
    fiber[i].uc_stack.ss_size = kStack;
    makecontext(&fiber[i], (void (*)(void))by_context, 1, i);
    switched[i] = begin_on(make_stack());
  }
  for (int round = 0; round != 2; ++round)
    for (int i = 0; i != kFibers; ++i) swapcontext(&home, &fiber[i]);
  for (int round = 0; round != 3; ++round) go_on(NULL);
  pthread_t thread;
  pthread_create(&thread, NULL, go_on, NULL);
  pthread_join(thread, NULL);
  printf("all fibers done\n");
  return 0;
}
