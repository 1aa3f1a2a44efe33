// main leaves by pthread_exit first, the threads work on and end one by one: the process ends with the last, status 0.
//
// row: endings | all threads end by pthread_exit, main first
// lost lose 500 5
// lost lose_in_thread 4400 400
// expect process["end"] == "exit" and process["exit_code"] == 0
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>

#include "ending.h"

NOINLINE static void lose_in_thread(void) {
  for (int i = 0; i < 100; ++i) keep(malloc(11));
}
static void* work(void* number) {
  usleep(5000 * (1 + (unsigned)(uintptr_t)number));
  lose_in_thread();
  printf("a thread ends\n");  // which one first is not ours to say
  pthread_exit(NULL);
}

int main(void) {
  pthread_t thread;
  for (uintptr_t i = 0; i < 4; ++i) pthread_create(&thread, NULL, work, (void*)i);
  lose();
  pthread_exit(NULL);
}
