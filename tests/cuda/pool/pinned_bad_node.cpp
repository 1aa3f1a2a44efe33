// A node that the machine does not have is told once, and then nothing is done; no library is loaded for it.
//
// WEIR_PINNED_NUMA=1000
// bare: no
// expect len([line for line in stderr_lines if "WEIR_PINNED_NUMA=1000" in line]) == 1
// expect live_in("pinned", "main") == (0, 0)
#include <dlfcn.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "pinned.hpp"

static int policy() {
  int mode = -1;
  syscall(SYS_get_mempolicy, &mode, nullptr, 0, nullptr, 0);
  return mode;
}

int main() {
  start();
  const int before = policy();
  for (int i = 0; i < 3; ++i) leave_idle(allocate(5000 << i));
  OK(cuMemFreeHost(allocate_plain(100)));
  MUST(policy() == before);
  MUST(dlopen("libhwloc.so.15", RTLD_NOW | RTLD_NOLOAD) == nullptr);
  return done();
}
