// A small block with an alignment has it, where nothing is recorded too.
//
// WEIR_RECORD=off
// profiles any
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>

#include "support.h"

int main(void) {
  for (size_t align = 8; align <= 4096; align *= 2)
    for (size_t bytes = 0; bytes < 40; ++bytes)
      for (int i = 0; i < 20; ++i)
        if ((uintptr_t)keep(memalign(align, bytes)) % align != 0) abort();
  return 0;
}
