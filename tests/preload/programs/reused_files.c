// A program that closes every descriptor it did not open, as daemons do, and then opens its own under the same
// numbers: nobody reads, writes or closes them, not even while frames without unwind tables are walked.
//
// expect leaks("lose") == (200, 2)
// row: faults | all descriptors closed, their numbers used again
// lost lose 200 2
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "support.h"

NOINLINE static void lose(void) { keep(malloc(100)); }

// Code that no unwind table describes, as a JIT compiler makes it: pushes a register, calls, returns.
static void (*without_tables(void (*called)(void)))(void) {
  static const unsigned char kCode[] = {0x53, 0x48, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xD0, 0x5B, 0xC3};
  unsigned char* code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (size_t i = 0; i < sizeof kCode; ++i) code[i] = kCode[i];
  for (int i = 0; i < 8; ++i) code[3 + i] = (unsigned char)((unsigned long)called >> (8 * i));
  return (void (*)(void))code;
}
NOINLINE static void work(void) {
  for (int i = 0; i < 500; ++i) free(keep(malloc(16 + i)));
}

int main(void) {
  lose();
  for (int fd = 3; fd < 1024; ++fd) close(fd);
  int pipes[16][2];
  for (int i = 0; i < 16; ++i)
    if (pipe2(pipes[i], O_NONBLOCK) != 0 || write(pipes[i][1], "mine", 4) != 4) return 1;
  without_tables(work)();
  work();
  lose();
  for (int i = 0; i < 16; ++i) {
    char text[64];
    if (read(pipes[i][0], text, sizeof text) != 4) return 2;
    if (write(pipes[i][1], "again", 5) != 5 || read(pipes[i][0], text, sizeof text) != 5) return 3;
  }
  write(1, "done\n", 5);
  return 0;
}
