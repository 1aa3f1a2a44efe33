/* A plugin whose thread-local storage must be in the static block, of which every loaded library takes its share. */
#include <stdlib.h>

#include "../support.h"

static __thread char words[256] __attribute__((tls_model("initial-exec")));

NOINLINE int plugin_fill(int value) {
  for (unsigned i = 0; i < sizeof words; ++i) words[i] = (char)value;
  free(keep(malloc(100)));
  int sum = 0;
  for (unsigned i = 0; i < sizeof words; ++i) sum += words[i];
  return sum;
}
