// A private mapping of a file: what the program wrote there counts.
// reachable keep_in_file 1 620
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include "leak.h"
APART void keep_in_file(void) {
  const int file = open("/proc/self/exe", O_RDONLY);
  char** at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
  close(file);
  at[100] = block(620);
}
int main(void) {
  keep_in_file();
  scrub();
  return 0;
}
