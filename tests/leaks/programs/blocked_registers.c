// A thread that is blocked in a call holds its newest block in a register and nowhere else.
// reachable keep_in_register 1 600
// link -pthread
#include <pthread.h>
#include <unistd.h>
#include "leak.h"
static int ends[2];
static volatile int is_ready;
APART char* keep_in_register(void) { return block(600); }
static void* work(void* none) {
  char* made = keep_in_register();
  char byte;
  long got;
  is_ready = 1;
  __asm__ volatile("syscall" : "=a"(got) : "a"(0), "D"((long)ends[0]), "S"(&byte), "d"(1L), "b"(made) : "rcx", "r11", "memory");
  return (void*)got;
}
int main(void) {
  pthread_t thread;
  if (pipe(ends) != 0) return 1;
  pthread_create(&thread, NULL, work, NULL);
  while (!is_ready) usleep(1000);
  usleep(20000);
  scrub();
  return 0;
}
