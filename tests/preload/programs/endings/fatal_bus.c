// SIGBUS: a mapped file that somebody cut short.
//
// row: endings | SIGBUS
// signal 7
// lost lose 500 5
// expect process["end"] == ("signal" if mode == "cli" else "killed")
#include <sys/mman.h>

#include "ending.h"

int main(void) {
  const int fd = memfd_create("cut", 0);
  if (ftruncate(fd, 4096) != 0) return 1;
  volatile char* file = (char*)mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  file[0] = 1;
  if (ftruncate(fd, 0) != 0) return 1;
  lose();
  say("it is gone\n");
  return file[0];
}
