/* A thread that rests for ever, and a child of fork that has only its memory. */
#pragma once

#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int resting[2];

/* Called by the thread; what its callers hold stays where it is. */
static void rest(void) {
  char c = 0;
  if (write(resting[1], &c, 1) != 1) _exit(9);
  for (;;) pause();
}

/* Returns when the thread rests. */
static void start_at_rest(void* (*work)(void*)) {
  pthread_t thread;
  char c;
  if (pipe(resting) != 0 || pthread_create(&thread, NULL, work, NULL) != 0 || read(resting[0], &c, 1) != 1) exit(9);
}

/* The child allocates, does `more`, and exits; its status. */
static int fork_and_wait(void (*more)(void)) {
  const pid_t child = fork();
  if (child == 0) {
    free(malloc(10));
    if (more != NULL) more();
    exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}
