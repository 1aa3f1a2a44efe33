// Started inside a seccomp filter, as a service manager sets it: a call beyond those that services of the usual kind may make ends the
// process at once. weir starts, records and ends there like the program itself.
//
// row: faults | started in a filter that kills at any unusual call
// profiles any
// expect any(process.leaks("lose") == (1000, 10) for process in profiles)
// expect any(process.process["end"] == "exit" for process in profiles)
// expect mode == "sampled" or any(process.coverage("scan")["result"] == "forbidden" for process in profiles)
// lost lose 1000 10
#include <stdio.h>
#include <string.h>

#include "filter.h"
#include "sites.h"

static NOINLINE void lose(void) { keep(malloc(100)); }

static const long usual[] = {
    // a program's start, its end, memory, threads
    SYS_execve, SYS_arch_prctl, SYS_set_tid_address, SYS_prlimit64, SYS_getrandom, SYS_pread64, SYS_access, PLAIN_CALLS,
    // files
    SYS_openat, SYS_close, SYS_newfstatat, SYS_lseek, SYS_pwrite64, SYS_ftruncate, SYS_fallocate, SYS_readlink,
    SYS_getcwd, SYS_link, SYS_rename, SYS_unlink,
    // what everybody may ask
    SYS_getpid, SYS_getppid, SYS_uname, SYS_sched_getaffinity, SYS_poll, SYS_rt_sigpending, SYS_rt_sigtimedwait,
    SYS_sched_yield, SYS_ioctl, SYS_prctl, SYS_seccomp};

int main(int count, char** arguments) {
  if (count == 1) {
    give_up_new_rights();
    struct sock_filter steps[2 * FILTER_MOST];
    struct sock_fprog filter = make_filter(steps, usual, sizeof(usual) / sizeof(*usual), SECCOMP_RET_KILL_PROCESS);
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) != 0) return 2;
    char* again[] = {arguments[0], "again", NULL};
    execv(arguments[0], again);
    return 3;
  }
  for (int i = 0; i != 10; ++i) lose();
  for (unsigned i = 0; i != 3000; ++i) free(next_step(i, 13, 40));
  printf("done\n");
  return 0;
}
