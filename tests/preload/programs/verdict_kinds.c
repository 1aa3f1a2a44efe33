// What nothing points to at the end is lost, and what only lost blocks point to, too; what a global, a block that is in use or the stack
// of a waiting thread holds is reachable; a site may have both. The stack of a thread that has ended holds nothing.
//
// run under: preload cli
// expect verdict("lost", "lose_list") == (1280, 20)
// expect parts("lose_list") == (64, 1, 1216, 19)
// expect verdict("lost", "lose_ring") == (1440, 30)
// expect parts("lose_ring") == (48, 1, 1392, 29)
// expect verdict("reachable", "keep_chain") == (800, 10)
// expect verdict("lost", "keep_chain") == (0, 0)
// expect verdict("reachable", "wait_with_block") == (300, 1)
// expect verdict("lost", "end_with_block") == (400, 1)
// expect verdict("reachable", "keep_some") == (1000, 2)
// expect verdict("lost", "keep_some") == (1500, 3)
// expect sorted(s["verdict"] for s in report["leaks"]["sites"] if profiles[0].through(s, "keep_some")) == ["lost", "reachable"]
// expect report["leaks"]["unknown"]["blocks"] == 0
// expect report["leaks"]["lost"]["bytes"] == 4620
// expect report["leaks"]["bytes"] == report["leaks"]["lost"]["bytes"] + report["leaks"]["reachable"]["bytes"]
// expect report["coverage"]["scan"]["result"] == "done"
// expect report["coverage"]["scan"]["threads"] == 2
// expect mode != "cli" or any("lost: 4,620 bytes in 54 blocks" in text for text in stderr_lines)
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "support.h"

static void* volatile chain;
static void* volatile some[2];
static pthread_barrier_t both_there;

NOINLINE static void lose_list(void) {
  void** head = NULL;
  for (int i = 0; i < 20; ++i) {
    void** block = keep(malloc(64));
    *block = head;
    head = block;
  }
}

NOINLINE static void lose_ring(void) {
  void** const first = keep(malloc(48));
  void** last = first;
  for (int i = 1; i < 30; ++i) {
    void** block = keep(malloc(48));
    *block = last;
    last = block;
  }
  *first = last;
}

NOINLINE static void keep_chain(void) {
  void** head = NULL;
  for (int i = 0; i < 10; ++i) {
    void** block = keep(malloc(80));
    block[5] = (char*)head + 16;  // the middle of a block is enough
    head = block;
  }
  chain = head;
}

NOINLINE static void keep_some(void) {
  for (int i = 0; i < 5; ++i) {
    void* block = keep(malloc(500));
    if (i < 2) some[i] = block;
  }
}

NOINLINE static void* end_with_block(void* none) {
  void* volatile block = malloc(400);
  *(char*)block = 1;
  return none;
}

NOINLINE static void* wait_with_block(void* none) {
  void* volatile block = malloc(300);
  *(char*)block = 1;
  pthread_barrier_wait(&both_there);
  pause();
  *(char*)block = 2;
  return none;
}

/* Overwrites what the functions before have left on the stack. */
NOINLINE static void clean(void) {
  volatile char bytes[20000];
  for (unsigned i = 0; i != sizeof(bytes); ++i) bytes[i] = 0;
}

int main(void) {
  lose_list();
  lose_ring();
  keep_chain();
  keep_some();
  clean();
  pthread_t thread;
  pthread_create(&thread, NULL, end_with_block, NULL);
  pthread_join(thread, NULL);
  pthread_barrier_init(&both_there, NULL, 2);
  pthread_create(&thread, NULL, wait_with_block, NULL);
  pthread_barrier_wait(&both_there);
  usleep(20000);
  puts("done");
  return 0;
}
