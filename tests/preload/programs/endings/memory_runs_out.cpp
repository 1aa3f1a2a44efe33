// No memory any more under RLIMIT_AS: operator new throws, nobody catches, std::terminate ends the program.
//
// row: endings | bad_alloc that nobody catches
// signal 6
// lost lose 500 5
// expect process["end"] == ("signal" if mode == "cli" else "killed")
// expect total("devour")[0] > 50 << 20
#include <sys/resource.h>

#include <cstdio>

#include "ending.h"

static char* last;
NOINLINE static void devour() {
  for (;;) {
    char* block = static_cast<char*>(keep(operator new(1 << 20)));
    *reinterpret_cast<char**>(block) = last;
    last = block;
  }
}

int main() {
  lose();
  say("eat\n");
  FILE* file = std::fopen("/proc/self/statm", "r");
  unsigned long pages = 0;
  if (file == nullptr || std::fscanf(file, "%lu", &pages) != 1) return 1;
  std::fclose(file);
  const rlim_t most = pages * 4096 + (256UL << 20);
  const rlimit limit{most, most};
  setrlimit(RLIMIT_AS, &limit);
  devour();
}
