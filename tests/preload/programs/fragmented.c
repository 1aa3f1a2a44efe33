// What scenarios/fragmented.py runs several times: blocks of three call sites lie in the same slabs, most of them are freed
// again, and those of the two others hold what is left. Freed are the blocks of the sites whose letters stand in the first
// argument. Each step is a thread that ends, so that no thread's cache keeps anything back.
//
// args: a
// run under: preload
// expect live("bulk") == (0, 0)
// expect live("sprinkled") == (600 * 200, 600)
// expect live("seldom") == (100 * 200, 100)
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

enum { kBlocks = 60000, kEach = 200 };
static void* blocks[kBlocks];
static char made_by[kBlocks];
static void* large_block;

NOINLINE static void* bulk(void) { return keep(malloc(kEach)); }
NOINLINE static void* sprinkled(void) { return keep(malloc(kEach)); }
NOINLINE static void* seldom(void) { return keep(malloc(kEach)); }
NOINLINE static void* large(void) { return keep(malloc(1 << 20)); }

static void* make_all(void* unused) {
  for (int i = 0; i < kBlocks; ++i) {
    made_by[i] = i % 600 == 50 ? 'c' : i % 100 == 7 ? 'b' : 'a';
    blocks[i] = made_by[i] == 'a' ? bulk() : made_by[i] == 'b' ? sprinkled() : seldom();
  }
  large_block = large();
  return unused;
}

static void* free_all_of(void* letter) {
  for (int i = 0; i < kBlocks; ++i) {
    if (made_by[i] != *(const char*)letter) continue;
    free(blocks[i]);
    blocks[i] = NULL;
  }
  if (*(const char*)letter == 'd') free(large_block);
  return NULL;
}

static void* nothing(void* letter) { return letter; }

static void in_a_thread(void* (*step)(void*), const char* letter) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, step, (void*)letter) != 0) abort();
  pthread_join(thread, NULL);
}

int main(int argc, char** argv) {
  in_a_thread(make_all, NULL);
  for (const char* letter = "abcd"; *letter != 0; ++letter)
    in_a_thread(argc > 1 && strchr(argv[1], *letter) != NULL ? free_all_of : nothing, letter);
  puts("done");
  return 0;
}
