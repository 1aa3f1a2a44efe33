// Old frames below the stack pointer of a thread that runs at the end.
// lost lose_in_old_frame 1 160
// link -pthread
#include <pthread.h>
#include <semaphore.h>
#include <unistd.h>
#include "leak.h"
static sem_t ready;
APART void lose_in_old_frame(void) {
  char* volatile many[256];
  char* made = block(160);
  for (int i = 0; i != 128; ++i) many[i] = made;  // the last ones would be in the red zone of who comes next
  (void)many[3];
}
APART void shallow(void) {
  __asm__ volatile("xor %%ebx,%%ebx; xor %%r12d,%%r12d; xor %%r13d,%%r13d; xor %%r14d,%%r14d; xor %%r15d,%%r15d" ::
                       : "rbx", "r12", "r13", "r14", "r15");
  for (;;) pause();
}
static void* work(void* none) {
  lose_in_old_frame();
  free(malloc(10));  // a thread's newest block is believed to be in a register
  sem_post(&ready);
  shallow();
  return none;
}
int main(void) {
  pthread_t thread;
  sem_init(&ready, 0, 0);
  pthread_create(&thread, NULL, work, NULL);
  sem_wait(&ready);
  usleep(20000);
  scrub();
  return 0;
}
