// Started inside a seccomp filter that the parent stands in, too, as in a container. The newest calls end the process here.
// weir looks through the heap at the end all the same: by calls that every parent makes.
//
// row: faults | started in a filter that the parent stands in, as in a container
// profiles any
// expect mode == "sampled" or any(process.process["end"] == "exit" and process.coverage("scan")["result"] == "done" for process in profiles)
// expect any(process.leaks("lose") == (1000, 10) for process in profiles)
// lost lose 1000 10
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "filter.h"
#include "sites.h"

static NOINLINE void lose(void) { keep(malloc(100)); }

static const long refused[] = {SYS_pidfd_open, SYS_pidfd_getfd, SYS_process_vm_readv, SYS_ptrace, SYS_userfaultfd, SYS_bpf};

static struct sock_fprog refuse(struct sock_filter* out) {
  int used = 0;
  out[used++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
  for (unsigned i = 0; i != sizeof(refused) / sizeof(*refused); ++i) {
    out[used++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)refused[i], 0, 1);
    out[used++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
  }
  out[used++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  return (struct sock_fprog){.len = (unsigned short)used, .filter = out};
}

int main(int count, char** arguments) {
  if (count == 1) {
    give_up_new_rights();
    struct sock_filter steps[2 * FILTER_MOST];
    struct sock_fprog filter = refuse(steps);
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) != 0) return 2;
    int status = 0;
    const pid_t child = fork();
    if (child == 0) {
      char* again[] = {arguments[0], "again", NULL};
      execv(arguments[0], again);
      _exit(3);
    }
    return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : 4;
  }
  for (int i = 0; i != 10; ++i) lose();
  for (unsigned i = 0; i != 3000; ++i) free(next_step(i, 13, 40));
  printf("done\n");
  return 0;
}
