// A file system that cannot give room in advance: it is written full of zeros instead, so that a full disk is an error and no signal.
//
// profiles any
// expect child.leaks("lose") == (1000, 10)
// expect child.total("wander") == (3000 * 40, 3000)
// expect child.coverage("growth_failures") == 0
// lost lose 1000 10
#include <errno.h>
#include <stdio.h>

#include "filter.h"
#include "sites.h"

static NOINLINE void lose(void) { keep(malloc(100)); }
static NOINLINE void wander(void) {
  for (unsigned i = 0; i != 3000; ++i) free(next_step(i, 13, 40));
}

int main(int count, char** arguments) {
  if (count == 1) {
    struct sock_filter steps[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_fallocate, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EOPNOTSUPP),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {sizeof(steps) / sizeof(*steps), steps};
    give_up_new_rights();
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) != 0) return 2;
    char* again[] = {arguments[0], "again", NULL};
    execv(arguments[0], again);
    return 3;
  }
  for (int i = 0; i != 10; ++i) lose();
  wander();
  printf("done\n");
  return 0;
}
