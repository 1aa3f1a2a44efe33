// So few bytes that no sample is likely: the report says what that means, and a forked child leaves a profile all the same.
//
// WEIR_RECORD=sampled
// WEIR_SAMPLE_EVERY=1G
// profiles 2
// expect all(p.host["allocated_blocks"] == 0 and p.host["allocated_blocks_stderr"] == 0 for p in profiles)
// expect coverage("record") == "sampled" and process["sample_every"] == 1 << 30
// expect mode != "cli" or "no sample; with 95 % confidence less than 3.00 GiB" in stderr
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

int main(void) {
  keep(malloc(100));
  if (fork() == 0) {
    keep(malloc(100));
    return 0;
  }
  wait(NULL);
  return 0;
}
