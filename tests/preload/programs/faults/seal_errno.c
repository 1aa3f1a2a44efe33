// A seccomp filter that answers every other call with an error, set through syscall(): the program works on, and so does
// recording.
//
// row: faults | a seccomp filter that refuses all other calls, set by syscall()
// expect leaks("lose_before") == (1000, 10)
// expect leaks("lose_after") == (2200, 20)
// expect total("wander") == (3000 * 40, 3000)
// expect coverage("sites_dropped") == 0
// lost lose_before 1000 10
// lost lose_after 2200 20
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "filter.h"
#include "sites.h"

static NOINLINE void lose_before(void) {
  for (int i = 0; i != 10; ++i) keep(malloc(100));
}
static NOINLINE void lose_after(void) {
  for (int i = 0; i != 20; ++i) keep(malloc(110));
}
static NOINLINE void wander(void) {
  for (unsigned i = 0; i != 3000; ++i) free(next_step(i, 13, 40));
}

int main(void) {
  lose_before();
  give_up_new_rights();
  const long allowed[] = {PLAIN_CALLS};
  struct sock_filter steps[FILTER_MOST];
  struct sock_fprog filter = make_filter(steps, allowed, sizeof(allowed) / sizeof(*allowed), SECCOMP_RET_ERRNO | ENOSYS);
  // libseccomp asks so whether the kernel knows filters.
  errno = 0;
  const long asked = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, NULL);
  printf("%ld %d\n", asked, errno);
  errno = 0;
  const long odd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, 4096);
  printf("%ld %d\n", odd, errno);
  errno = 17;
  printf("%ld\n", syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter));
  printf("%d\n", errno);
  const int file = open("/dev/null", O_RDONLY);
  printf("open %d %d\n", file, errno);
  lose_after();
  wander();
  return 0;
}
