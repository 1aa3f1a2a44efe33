// The streams are closed long before the end, as tools do to hear of write errors; then it allocates on and returns.
//
// row: endings | stdout and stderr closed early
// exit 4
// lost lose 500 5
// expect process["end"] == "exit" and process["exit_code"] == 4
#include <stdio.h>

#include "ending.h"

int main(void) {
  puts("the last word");
  if (fclose(stdout) != 0 || fclose(stderr) != 0) return 1;
  close(0);
  lose();
  return 4;
}
