/* What the programs that end in some way share: what they lose before, and a word on stdout that needs no stdio. */
#pragma once

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support.h"

/* Nothing of what functions before left on the stack is there any more: whoever looks for pointers finds none. */
NOINLINE static void wipe_stack(void) {
  volatile char bytes[2048];
  for (unsigned i = 0; i < sizeof bytes; ++i) bytes[i] = 0;
}

NOINLINE static void lose_blocks(void) {
  for (int i = 0; i < 5; ++i) keep(malloc(100));
}

/* 500 bytes in 5 blocks. */
NOINLINE static void lose(void) {
  lose_blocks();
  keep(NULL);
  wipe_stack();
}

static void say(const char* text) {
  if (write(1, text, strlen(text)) != (ssize_t)strlen(text)) _exit(99);
}

/* A thread that allocates until the process ends; `held` blocks of it are live at any time. */
__attribute__((unused)) static void* churn(void* unused) {
  enum { kHeld = 64 };
  void* held[kHeld] = {NULL};
  for (unsigned i = 0;; ++i) {
    free(held[i % kHeld]);
    held[i % kHeld] = keep(malloc(1 + i % 5000));
  }
  return unused;
}
