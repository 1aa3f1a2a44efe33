// Two functions lose blocks, a third frees all of its own; the report names each exactly, and the exit status
// passes through.
//
// row: endings | return from main
// lost lose_small 6400 100
// lost lose_cleared 7000 7
// exit 3
// expect leaks("lose_small") == (6400, 100)
// expect leaks("lose_cleared") == (7000, 7)
// expect leaks("tidy") == (0, 0)
// expect report["leaks"]["blocks"] == 107
// expect report["leaks"]["bytes"] == 13400
// expect total("tidy") == (25000, 50)
// expect freed("tidy") == 50
// expect host["live_bytes"] == 13400
// expect host["allocated_blocks"] == 157
// expect line("lose_small") == marked("small")
// expect line("lose_cleared") == marked("cleared")
// expect [s["bytes"] for s in report["leaks"]["sites"]] == [7000, 6400]
// expect process["end"] == "exit" and process["exit_code"] == 3
#include <stdlib.h>
#include <unistd.h>

#include "support.h"

NOINLINE static void lose_small(void) {
  for (int i = 0; i < 100; ++i) keep(malloc(64));  // @small
}

NOINLINE static void lose_cleared(void) {
  for (int i = 0; i < 7; ++i) keep(calloc(10, 100));  // @cleared
}

NOINLINE static void tidy(void) {
  void* blocks[50];
  for (int i = 0; i < 50; ++i) blocks[i] = keep(malloc(500));
  for (int i = 0; i < 50; ++i) free(blocks[i]);
}

int main(void) {
  lose_small();
  tidy();
  lose_cleared();
  return write(1, "lost 107 blocks\n", 16) == 16 ? 3 : 1;
}
