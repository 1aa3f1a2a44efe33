// A system on which no file can be mapped shared: there is no place for a profile, the program does not notice.
//
// row: faults | no file can be mapped shared
// profiles any
// sums: no
// expect "cannot write the profile" in stderr or mode == "cli"
// expect stdout == "done\n"
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>

#include "filter.h"
#include "sites.h"

static NOINLINE void lose(void) { keep(malloc(100)); }

int main(int count, char** arguments) {
  if (count == 1) {
    struct sock_filter steps[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mmap, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[3])),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, MAP_SHARED, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENODEV),
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
  for (unsigned i = 0; i != 6000; ++i) free(next_step(i, 13, 40));
  printf("done\n");
  return 0;
}
