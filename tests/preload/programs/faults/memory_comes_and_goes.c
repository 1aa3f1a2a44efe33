// Every now and then there is no memory for a while: each call in turn is the one that fails. malloc says so, the program frees
// something and goes on; what it has is what it wrote.
//
// row: faults | address space runs out again and again, at any call
// expect live("work") == (0, 0)
// expect leaks("lose") == (700, 7)
// lost lose 700 7
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "sites.h"

static NOINLINE void lose(void) { keep(malloc(100)); }

static unsigned long used_pages(void) {
  char text[64] = "";
  const int file = open("/proc/self/statm", 0);
  if (read(file, text, sizeof(text) - 1) < 0) _exit(9);
  close(file);
  return strtoul(text, NULL, 10);
}

static void limit(unsigned long bytes) {
  struct rlimit now;
  getrlimit(RLIMIT_AS, &now);
  now.rlim_cur = bytes < now.rlim_max ? bytes : now.rlim_max;
  setrlimit(RLIMIT_AS, &now);
}

static NOINLINE int work(unsigned round) {
  enum { kBlocks = 400 };
  static unsigned char* blocks[kBlocks];
  int bad = 0;
  for (int i = 0; i != kBlocks; ++i) {
    const size_t bytes = 16 + (i * 7919u + round * 104729u) % (i % 50 == 0 ? 300000 : 3000);
    errno = 0;
    blocks[i] = next_step(round * 31 + i % 64, 10, bytes);
    if (blocks[i] == NULL)
      bad += errno != ENOMEM;
    else
      memset(blocks[i], i, bytes);
  }
  for (int i = 0; i != kBlocks; ++i) {
    if (blocks[i] != NULL) bad += blocks[i][0] != (unsigned char)i || blocks[i][15] != (unsigned char)i;
    free(blocks[i]);
  }
  return bad;
}

int main(void) {
  int bad = 0;
  for (unsigned round = 0; round != 70; ++round) {
    limit((used_pages() << 12) + (round % 7 << 16));  // from here on almost nothing more
    bad += work(round);
    limit(~0UL);
    if (round % 10 == 0) lose();
  }
  printf("bad: %d\n", bad);
  return bad != 0;
}
