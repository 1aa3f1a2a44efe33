// The process ends in the middle of things: storm KIND. Nothing is ever lost: each block is in a table or on a stack as long as
// it lives.
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../leak.h"

enum { kThreads = 4, kSlots = 64, kMany = 1000 };

struct holder {
  char* held;  // another block, which nobody else knows
};

static struct holder* volatile table[kThreads][kSlots];
static sem_t ready;
static unsigned seed;

static unsigned draw(unsigned* state) { return (*state = *state * 1664525 + 1013904223) >> 8; }

APART struct holder* keep_holder(size_t bytes) {
  struct holder* made = calloc(1, bytes);
  return made;
}
APART void keep_held(struct holder* holder) { holder->held = block(48); }
APART struct holder* resize(struct holder* old, size_t bytes) { return realloc(old, bytes); }

/// Every slot is filled, resized and emptied, in an order in which the table always knows.
static void* churn(void* argument) {
  const long number = (long)argument;
  unsigned state = seed + (unsigned)number;
  for (unsigned turn = 0;; ++turn) {
    struct holder* volatile* slot = &table[number][draw(&state) % kSlots];
    const unsigned what = draw(&state) % 8;
    const size_t bytes = what < 6 ? 16 + draw(&state) % 3000 : 16384 + draw(&state) % 300000;
    if (*slot == NULL) {
      *slot = keep_holder(bytes);
      keep_held(*slot);
    } else if (what == 0) {
      char* held = (*slot)->held;
      free(held);
      (*slot)->held = NULL;
      free(*slot);
      *slot = NULL;
    } else {
      *slot = resize(*slot, bytes);
    }
    if (turn == 50) sem_post(&ready);
  }
  return NULL;
}

static void start(void* (*what)(void*), long count) {
  for (long i = 0; i != count; ++i) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, what, (void*)i) == 0) pthread_detach(thread);
  }
}

static void wait_for(long count) {
  for (long i = 0; i != count; ++i)
    while (sem_wait(&ready) != 0) {
    }
}

static void* spawn(void* none) {
  for (;;) {
    pthread_t thread;
    char* volatile mine = block(100);
    if (pthread_create(&thread, NULL, (void* (*)(void*))free, mine) == 0) pthread_join(thread, NULL);
    sem_post(&ready);
  }
  return none;
}

static void* hold(void* none) {
  char* volatile mine = block(200);
  sem_post(&ready);
  for (;;) pause();
  return mine;
}

static void* fork_on(void* none) {
  for (;;) {
    const pid_t child = fork();
    if (child == 0) {
      char* volatile mine = block(300);
      _exit(mine == NULL);  // exit() could wait for ever in glibc: for the lock of handlers, which main holds
    }
    int status = 0;
    if (child > 0 && waitpid(child, &status, 0) == child && status != 0) _exit(99);
    sem_post(&ready);
  }
  return none;
}

static void leave(int signal) { exit(5); }

static void churn_until_signal(void) {
  signal(SIGALRM, leave);
  const struct itimerval soon = {.it_value = {.tv_usec = 3000 + seed % 5000}};
  setitimer(ITIMER_REAL, &soon, NULL);
  churn(NULL);
}

int main(int count, char** words) {
  const char* kind = count > 1 ? words[1] : "resize";
  seed = count > 2 ? (unsigned)atoi(words[2]) * 7919u : 1;
  sem_init(&ready, 0, 0);
  puts(kind);
  fflush(stdout);
  if (strcmp(kind, "resize") == 0) {
    start(churn, kThreads);
    wait_for(kThreads);
  } else if (strcmp(kind, "spawn") == 0) {
    start(spawn, kThreads);
    wait_for(20 + seed % 30);
  } else if (strcmp(kind, "many") == 0) {
    start(hold, kMany);
    wait_for(kMany);
  } else if (strcmp(kind, "fork") == 0) {
    start(fork_on, 2);
    start(churn, 2);
    wait_for(10);
  } else if (strcmp(kind, "signal") == 0) {
    churn_until_signal();
  } else if (strcmp(kind, "narrow") == 0) {
    const struct rlimit narrow = {256u << 20, 256u << 20};
    setrlimit(RLIMIT_AS, &narrow);
    table[0][0] = keep_holder(1000);
    keep_held(table[0][0]);
  }
  exit(5);
}
