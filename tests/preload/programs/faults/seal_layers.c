// One filter after the other, as sandboxes set them up: first a wide one, which takes nothing that recording needs, then
// narrower ones, the last of which forbids advice about memory but not to give it back.
//
// expect leaks("lose") == (3000, 30)
// expect total("wander") == (3 * 2000 * 40, 6000)
// expect coverage("sites_dropped") == 0
// lost lose 3000 30
// row: faults | three seccomp filters one after the other, the last one looks at arguments
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "filter.h"
#include "sites.h"

static NOINLINE void lose(void) {
  for (int i = 0; i != 10; ++i) keep(malloc(100));
}
static NOINLINE void wander(unsigned from) {
  for (unsigned i = 0; i != 2000; ++i) free(next_step(from + i, 14, 40));
}

static void forbid(long number) {
  struct sock_filter steps[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)number, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog filter = {4, steps};
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) != 0) _exit(2);
}

/* madvise with anything but MADV_DONTNEED and MADV_FREE, mmap with other flags than everyday ones. */
static void forbid_by_arguments(void) {
  const unsigned advice = offsetof(struct seccomp_data, args[2]), flags = offsetof(struct seccomp_data, args[3]);
  struct sock_filter steps[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_madvise, 2, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mmap, 5, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, advice),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MADV_DONTNEED, 5, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MADV_FREE, 4, 5),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, flags),
      BPF_STMT(BPF_ALU | BPF_AND | BPF_K, ~(unsigned)(MAP_SHARED | MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE | MAP_FIXED)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
  };
  struct sock_fprog filter = {sizeof(steps) / sizeof(*steps), steps};
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) != 0) _exit(2);
}

int main(void) {
  give_up_new_rights();
  forbid(SYS_ptrace);
  lose();
  wander(0);
  forbid(SYS_openat);
  lose();
  wander(2000);
  forbid_by_arguments();
  lose();
  wander(4000);
  free(keep(calloc(1, 30 << 20)));
  printf("end\n");
  return 0;
}
