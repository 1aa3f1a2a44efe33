// A program that is linked to tcmalloc and mixes its own functions with malloc's.
//
// needs: tcmalloc
// link: -Wl,--no-as-needed -ltcmalloc
// row: company | linked to tcmalloc, mixing tc_malloc and malloc
// expect leaks("lose") == (4 * 90, 4)
// expect report["errors"] == []
// expect coverage("foreign_frees") >= 14
// lost lose 360 4
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

void* tc_malloc(size_t);
void* tc_realloc(void*, size_t);
void tc_free(void*);
size_t tc_malloc_size(void*);
int MallocExtension_GetNumericProperty(const char*, size_t*);
void MallocExtension_ReleaseFreeMemory(void);
size_t MallocExtension_GetAllocatedSize(const void*);

NOINLINE static void lose(void) {
  for (int i = 0; i < 4; ++i) keep(malloc(90));
}

int main(void) {
  lose();
  for (size_t bytes = 1; bytes < 1 << 22; bytes = bytes * 3 + 1) {
    free(keep(tc_malloc(bytes)));
    char* block = keep(malloc(bytes));
    if (tc_malloc_size(block) < bytes || MallocExtension_GetAllocatedSize(block) < bytes) return 1;
    memset(block, 'a', tc_malloc_size(block));
    block = tc_realloc(block, bytes * 2);
    if (block[0] != 'a' || block[bytes - 1] != 'a') return 2;
    tc_free(block);
  }
  size_t value = 0;
  MallocExtension_ReleaseFreeMemory();
  if (!MallocExtension_GetNumericProperty("generic.heap_size", &value)) return 3;
  puts("mixed");
  return 0;
}
