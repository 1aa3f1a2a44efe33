// A thread that glibc knows nothing of: its stack is a mapping, and all of it counts.
// reachable keep_on_stack 1 590
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "leak.h"
static char* volatile handed;
static volatile int is_ready;
APART void keep_on_stack(void) { handed = block(590); }
static int work(void* none) {
  char* volatile local = handed;
  handed = NULL;
  is_ready = 1;
  for (;;) syscall(SYS_pause);
  return local == NULL;
}
int main(void) {
  char* stack = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  keep_on_stack();
  clone(work, stack + 65536, CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD, NULL);
  while (!is_ready) usleep(1000);
  scrub();
  return 0;
}
