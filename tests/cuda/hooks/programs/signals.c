// A timer's handler interrupts the program wherever it is, in weir's wrappers, malloc and dlsym too, and allocates itself: each
// call is served, and what the program calls between is recorded. (This driver has no locks that a handler could find taken.)
// driver: newer
// run: stack
// run: alternate_stack
#define NOT_LINKED
#include <signal.h>
#include <sys/time.h>

#include "../hooks.h"

typedef CUresult (*Allocate)(CUdeviceptr*, size_t);

static Allocate g_allocate;
static volatile sig_atomic_t g_signals, g_wrong;

static void on_signal(int signal) {
  CUdeviceptr block = 0;
  ++g_signals;
  g_wrong |= g_allocate(&block, 64) != CUDA_SUCCESS || block == 0;
  free(malloc(100));
}

int main(int count, char** words) {
  MUST(count == 2);
  void* driver = dlopen("libcuda.so.1", RTLD_NOW);
  g_allocate = (Allocate)dlsym(driver, "cuMemAlloc_v2");
  MUST(g_allocate != NULL);
  static char other_stack[65536];
  const stack_t other = {.ss_sp = other_stack, .ss_size = sizeof(other_stack)};
  const int on_other = strcmp(words[1], "alternate_stack") == 0;
  if (on_other) MUST(sigaltstack(&other, NULL) == 0);
  struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART | (on_other ? SA_ONSTACK : 0)};
  const struct itimerval often = {{0, 500}, {0, 500}};
  MUST(sigaction(SIGALRM, &action, NULL) == 0 && setitimer(ITIMER_REAL, &often, NULL) == 0);
  long long blocks = 0;
  CUdeviceptr block;
  while (g_signals < 1000 && !g_wrong) {
    MUST(dlsym(driver, "cuMemAlloc_v2") == (void*)g_allocate);
    OK(g_allocate(&block, 64));
    free(malloc(30));
    ++blocks;
  }
  MUST(!g_wrong);
  signal(SIGALRM, SIG_IGN);
  printf("expect plain.device.allocated_blocks >%lld\n", blocks - 1);
  expect("frees_missed", 0);
  return 0;
}
