// Threads made by the system call clone without libc: one that shares its maker's thread-local storage, one that got storage
// from the loader, one that has none that libc could use and calls nothing of libc. (As of sandboxes and other runtimes.)
//
// row: families | threads made by the system call, sharing or without libc's thread-local storage
// profiles 1
// lost lose_shared 200 2
// lost lose_own 300 3
// expect live("lose_here") == (100, 1)
#include <dlfcn.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

enum { kStack = 256 << 10 };

NOINLINE static void lose_here(void) { keep(malloc(100)); }
NOINLINE static void lose_shared(void) {
  for (int i = 0; i < 2; ++i) keep(malloc(100));
}
NOINLINE static void lose_own(void) {
  for (int i = 0; i < 3; ++i) keep(malloc(100));
}
static void work(void) {
  for (int i = 0; i < 3000; ++i) free(keep(malloc(i)));
}

static char* new_stack(void) {
  char* stack = mmap(NULL, kStack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  if (stack == MAP_FAILED) exit(9);
  return stack + kStack;
}

static void* nothing(void* unused) { return unused; }

static int share(void* unused) {
  (void)unused;
  work();
  lose_shared();
  return 3;
}

static atomic_int owner_lives = 1;
static int own(void* unused) {
  (void)unused;
  work();
  lose_own();
  work();
  syscall(SYS_exit, 0);
  return 0;
}

static atomic_int stop, rounds;
__attribute__((optimize("no-stack-protector"))) static int bare(void* unused) {
  (void)unused;
  while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
    atomic_fetch_add(&rounds, 1);
    __asm__ volatile("syscall" : : "a"(SYS_sched_yield) : "rcx", "r11", "memory");
  }
  __asm__ volatile("syscall" : : "a"(SYS_exit), "D"(0) : "rcx", "r11", "memory");
  return 0;
}

int main(void) {
  const int kThread = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_CHILD_CLEARTID;
  // libc must have seen a second thread, or its malloc takes no locks.
  pthread_t other;
  if (pthread_create(&other, NULL, nothing, NULL) != 0 || pthread_join(other, NULL) != 0) return 5;
  lose_here();
  // A process of its own in this memory, whose maker waits for it as with vfork.
  const pid_t sharer = clone(share, new_stack(), CLONE_VM | CLONE_FS | CLONE_FILES | SIGCHLD, NULL);
  int status = -1;
  if (waitpid(sharer, &status, 0) != sharer) return 1;

  // A thread that never calls libc, with a page of its own where its thread-local storage would be.
  static uintptr_t page[1024] __attribute__((aligned(64)));
  page[512] = (uintptr_t)&page[512];
  static atomic_int bare_lives = 1;
  if (clone(bare, new_stack(), kThread | CLONE_SETTLS, NULL, NULL, &page[512], &bare_lives) < 0) return 2;

  // A thread with storage that the loader made, meanwhile.
  void* (*make)(void*) = dlsym(RTLD_DEFAULT, "_dl_allocate_tls");
  if (make == NULL) return 3;
  uintptr_t* head = make(NULL);
  const uintptr_t* mine = (const uintptr_t*)__builtin_thread_pointer();
  head[0] = head[2] = (uintptr_t)head;
  head[3] = mine[3];  // whether there are several threads
  head[5] = mine[5];  // the canary of stacks
  head[6] = mine[6];
  if (clone(own, new_stack(), kThread | CLONE_SETTLS, NULL, NULL, head, &owner_lives) < 0) return 4;
  while (owner_lives != 0) work();
  stop = 1;
  while (bare_lives != 0) usleep(1000);
  work();
  int touched = 0;
  for (int i = 0; i < 512; ++i) touched += page[i] != 0;
  printf("the sharing one ended with %d; words touched below the bare one's storage: %d\n", WEXITSTATUS(status), touched);
  return 0;
}
