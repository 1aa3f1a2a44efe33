// syscall() with any number and any arguments is libc's: six arguments arrive, errors are errno, and errno stays otherwise.
//
// expect leaks("lose") == (100, 1)
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "support.h"

static NOINLINE void lose(void) { keep(malloc(100)); }

int main(void) {
  lose();
  errno = 5;
  char* page = (char*)syscall(SYS_mmap, NULL, 8192UL, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0L);
  page[8191] = 'x';
  printf("%d %d\n", page != MAP_FAILED, errno);
  printf("%ld %d\n", syscall(SYS_munmap, page, 8192UL), errno);
  printf("%ld", syscall(SYS_close, 12345));
  printf(" %d\n", errno);
  printf("%ld", syscall(-1L));
  printf(" %d\n", errno);
  printf("%ld", syscall(100000L));
  printf(" %d\n", errno);
  printf("%d\n", syscall(SYS_getpid) == getpid());
  printf("%d\n", syscall(SYS_getuid) == getuid());
  printf("%ld", syscall(SYS_unshare, -1));
  printf(" %d\n", errno);
  printf("%ld", syscall(SYS_setns, -1, 0));
  printf(" %d\n", errno);
  printf("%ld", syscall(SYS_chroot, "/no/such/place"));
  printf(" %d\n", errno);
  return 0;
}
