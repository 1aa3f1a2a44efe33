// Threads end under signals whose handler allocates, at any instruction of their end: allocator's, loader's, glibc's. All
// come through, so does the process, and the blocks add up.
//
// run under: preload sampled
// build: O2
// bare: no
// expect stdout == "all came through\n"
// expect live("churn") == (0, 0)
// expect live("handler") == (0, 0)
// expect report["errors"] == []
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "support.h"

enum { kThreads = 12000, kSizes = 24, kPause = 600 };

static atomic_int newest;  // thread that is to be interrupted; 0: none
static atomic_uint handled;
static atomic_bool over;

static void handler(int signal) {
  (void)signal;
  void* blocks[kSizes];
  for (int i = 0; i < kSizes; ++i) blocks[i] = keep(malloc(16 << i % 8));
  for (int i = 0; i < kSizes; ++i) free(blocks[i]);
  ++handled;
}

// One signal after the other: a thread that has the next one before it left the handler would never end.
static void* interrupt(void* unused) {
  const int process = getpid();
  for (unsigned round = 0; !over; ++round) {
    const int thread = newest;
    const unsigned before = handled;
    if (thread == 0 || syscall(SYS_tgkill, process, thread, SIGUSR1) != 0) continue;
    while (handled == before && newest == thread) continue;
    for (volatile unsigned pause = round * 7919 % kPause; pause != 0; --pause) continue;
  }
  return unused;
}

NOINLINE static void churn(void) {
  for (int i = 0; i < 8; ++i) free(keep(malloc(16 << i)));
}

static void* live_shortly(void* unused) {
  churn();
  newest = (int)syscall(SYS_gettid);
  return unused;
}

int main(void) {
  const struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
  sigaction(SIGUSR1, &action, NULL);
  pthread_t sender, thread;
  pthread_create(&sender, NULL, interrupt, NULL);
  for (int i = 0; i < kThreads; ++i) {
    if (pthread_create(&thread, NULL, live_shortly, NULL) != 0) return 1;
    pthread_join(thread, NULL);
    newest = 0;
  }
  over = 1;
  pthread_join(sender, NULL);
  write(1, "all came through\n", 17);
  return 0;
}
