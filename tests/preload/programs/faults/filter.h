/* A seccomp filter by hand: these system calls are allowed, any other has `action`. */
#pragma once

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FILTER_MOST 64

/* What glibc's malloc, threads and stdio need at run time: nothing that opens, maps or cuts files. */
#define PLAIN_CALLS                                                                                                   \
  SYS_read, SYS_write, SYS_brk, SYS_mmap, SYS_munmap, SYS_mprotect, SYS_mremap, SYS_madvise, SYS_futex, SYS_exit,     \
      SYS_exit_group, SYS_clone, SYS_clone3, SYS_set_robust_list, SYS_rseq, SYS_rt_sigprocmask, SYS_rt_sigreturn,     \
      SYS_wait4

static inline struct sock_fprog make_filter(struct sock_filter* out, const long* allowed, int count, unsigned action) {
  int used = 0;
  out[used++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
  out[used++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0);
  out[used++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
  out[used++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
  for (int i = 0; i != count; ++i) {
    out[used++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)allowed[i], 0, 1);
    out[used++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  }
  out[used++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action);
  return (struct sock_fprog){.len = (unsigned short)used, .filter = out};
}

/* Without this, a process without rights may not set a filter. */
static inline void give_up_new_rights(void) {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) _exit(99);
}
