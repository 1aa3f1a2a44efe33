// Threads with the smallest stack, and a signal stack of 8 KiB: weir's own frames fit, when it takes its statistics, when a
// child begins its profile, and when the process ends there.
//
// exit 3
// profiles any
// expect parent.leaks("lose") == (24, 1)
// row: faults | threads with the smallest stack, a fork and the end there
// lost lose 24 1
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

static char signal_stack[8192];

NOINLINE static void lose(void) { keep(malloc(24)); }

static void* churn(void* unused) {
  (void)unused;
  for (int i = 0; i < 20000; ++i) free(keep(malloc(64)));
  return NULL;
}

static void* fork_and_allocate(void* failed) {
  const pid_t child = fork();
  if (child == 0) {
    free(keep(malloc(10)));
    _exit(0);
  }
  int status = 0;
  *(int*)failed |= waitpid(child, &status, 0) != child || status != 0;
  return NULL;
}

static void run_small(void* (*body)(void*), void* argument) {
  pthread_attr_t attributes;
  pthread_t thread;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, PTHREAD_STACK_MIN);
  if (pthread_create(&thread, &attributes, body, argument) != 0) exit(1);
  pthread_join(thread, NULL);
}

static void leave(int signal) {
  (void)signal;
  _exit(3);
}

int main(void) {
  int failed = 0;
  lose();
  run_small(churn, NULL);
  run_small(fork_and_allocate, &failed);
  if (failed) return 1;
  const stack_t alternate = {.ss_sp = signal_stack, .ss_size = sizeof(signal_stack)};
  sigaltstack(&alternate, NULL);
  struct sigaction action = {.sa_handler = leave, .sa_flags = SA_ONSTACK};
  sigaction(SIGUSR1, &action, NULL);
  raise(SIGUSR1);
  return 2;
}
