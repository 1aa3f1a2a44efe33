// A program that brings its own malloc, which its libraries use as well: it comes before every preload. weir records nothing
// of it and says so.
//
// row: company | the program brings its own malloc
// expect host["allocated_blocks"] == 0
// expect any("malloc of the program itself comes before weir's" in line for line in coverage("warnings"))
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "support.h"

static char arena[8 << 20] __attribute__((aligned(16)));
static size_t used, calls;

void* malloc(size_t bytes) {
  const size_t whole = (bytes + 31) & ~(size_t)15;
  if (whole < bytes || used + whole > sizeof arena) return NULL;
  char* block = arena + used;
  used += whole;
  ++calls;
  *(size_t*)block = bytes;
  return block + 16;
}
void free(void* block) { (void)block; }
void* calloc(size_t count, size_t each) { return malloc(count * each); }  // the arena is zero
void* realloc(void* block, size_t bytes) {
  void* moved = malloc(bytes);
  if (moved != NULL && block != NULL) {
    const size_t held = ((size_t*)block)[-2];
    memcpy(moved, block, held < bytes ? held : bytes);
  }
  return moved;
}

int main(void) {
  const size_t before = calls;
  char* text = strdup("libc calls the program's malloc");
  const size_t made = calls - before;
  const int is_own = text >= arena && text < arena + sizeof arena;
  for (int i = 0; i < 1000; ++i) free(keep(realloc(keep(malloc(10)), 20)));
  printf("%s: %zu, %d\n", text, made, is_own);
  return calls - before >= 2001 ? 0 : 1;
}
