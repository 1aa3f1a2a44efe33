// What scripts/check_fast_path.py steps through: two threads that allocate and free 64 bytes in a loop at one place, on a
// stack of exactly 8 frames, without frame pointers. Each warms up, and in its turn comes under its parent with
// PTRACE_TRACEME and stops at int3: what follows is the steady state. The second thread is there for what both touch.
#include <execinfo.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <unistd.h>

enum { kFrames = 8, kWarmPairs = 20000, kSkip = 77, kWrongDepth = 3 };

static sem_t g_warm;
static sem_t g_turn[2];
static pthread_barrier_t g_end;

static void come_under_trace(int self) {
  sem_post(&g_warm);
  sem_wait(&g_turn[self]);
  if (ptrace(PTRACE_TRACEME, 0, 0, 0) != 0) {
    perror("ptrace(PTRACE_TRACEME)");
    _exit(kSkip);
  }
  __asm__ volatile("int3");
}

__attribute__((noinline)) static void check_depth(void) {
  void* frames[2 * kFrames];
  if (backtrace(frames, 2 * kFrames) != kFrames + 1) _exit(kWrongDepth);  // and this function
}

__attribute__((noinline)) static int loop(int self, int traced_pairs) {
  check_depth();
  for (int pair = 0; pair != kWarmPairs + traced_pairs; ++pair) {
    if (pair == kWarmPairs) come_under_trace(self);
    void* volatile block = malloc(64);
    free(block);
  }
  return 0;
}

// Each frame has a size of its own and is used after the call.
#define LEVEL(number, below)                                                           \
  __attribute__((noinline)) static int level##number(int self, int traced_pairs) {     \
    volatile char room[16 * number];                                                   \
    room[0] = 1;                                                                       \
    return below(self, traced_pairs) + room[0];                                        \
  }
LEVEL(1, loop)
LEVEL(2, level1)
LEVEL(3, level2)
LEVEL(4, level3)

static int g_traced_pairs;

static void* body(void* self) {
  _Alignas(64) volatile char line[64];  // the frames below lie on the same lines of the stack in every run
  line[0] = 1;
  const int sum = level4((int)(long)self, g_traced_pairs) + line[0];
  if (self == NULL) sem_post(&g_turn[1]);
  pthread_barrier_wait(&g_end);
  return (void*)(long)sum;
}

int main(int count, char** words) {
  pthread_t threads[2];
  g_traced_pairs = count > 1 ? atoi(words[1]) : 64;
  pthread_barrier_init(&g_end, NULL, 2);
  for (long i = 0; i != 2; ++i) {
    pthread_create(&threads[i], NULL, body, (void*)i);
    sem_wait(&g_warm);
  }
  sem_post(&g_turn[0]);
  for (int i = 0; i != 2; ++i) pthread_join(threads[i], NULL);
  return 0;
}
