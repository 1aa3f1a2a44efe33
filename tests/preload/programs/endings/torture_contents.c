// Every function of the malloc family, at random, from four threads: sizes to 64 MiB, all alignments, chains of realloc, blocks
// freed by other threads, signal handlers that allocate, forks in between. All usable bytes of a block are written, and what
// was written must be there whenever the block is looked at. Scenario allocator_torture runs it longer and in other modes.
//
//   torture_contents SEED OPERATIONS
//
// args: 1 4000
// build: O2
// profiles any
// expect parent.host["live_blocks"] < 100
// expect [p.report["errors"] for p in profiles] == [[]] * 9
// expect parent.host["allocated_blocks"] > 10000
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

enum { kThreads = 4, kShared = 256, kOwn = 64, kForks = 8, kWhole = 1 << 16, kPage = 4096 };
struct block {
  unsigned char* at;
  size_t bytes;    /* that hold the mark: all usable ones */
  unsigned mark;
};
static struct block* _Atomic shared[kShared];
static unsigned seed_given = 1, operations = 4000;
static __thread volatile sig_atomic_t inside; /* the allocator, or what must not be torn */

static void fail(const char* what, const struct block* block) {
  char line[200];
  const int bytes = snprintf(line, sizeof line, "torture: %s: block %p of %zu bytes, seed %u\n", what, (void*)block->at, block->bytes, seed_given);
  if (write(2, line, (size_t)bytes) != bytes) _exit(3);
  abort();
}

static unsigned next(unsigned* state) { return (*state = *state * 1664525u + 1013904223u) >> 8; }

static size_t some_size(unsigned* state) {
  const unsigned kind = next(state) % 4000, r = next(state);
  if (kind == 0) return r % ((64u << 20) + 1);
  if (kind < 40) return r % (1u << 20);
  if (kind < 400) return r % 5000;
  return r % 200;
}

/* Large blocks are written at both ends and once in each page between. */
static unsigned char byte_at(const struct block* block, size_t i) { return (unsigned char)(block->mark + i * 7 + (i >> 8)); }
static size_t step_from(size_t i, size_t bytes) {
  return bytes <= kWhole || i < kPage || i + kPage >= bytes ? 1 : bytes - i < 2 * kPage ? bytes - kPage - i : kPage;
}
static void fill(struct block* block, unsigned* state) {
  block->bytes = malloc_usable_size(block->at);
  block->mark = next(state);
  for (size_t i = 0; i < block->bytes; i += step_from(i, block->bytes)) block->at[i] = byte_at(block, i);
}
static void check(const struct block* block, size_t most) {
  const size_t bytes = block->bytes < most ? block->bytes : most;
  for (size_t i = 0; i < bytes; i += step_from(i, block->bytes))
    if (block->at[i] != byte_at(block, i)) fail("other contents", block);
}
static void check_fresh(struct block* block, size_t wanted, size_t align, int is_clear) {
  if (block->at == NULL) fail("no memory", block);
  if ((uintptr_t)block->at % align != 0) fail("misaligned", block);
  if (malloc_usable_size(block->at) < wanted) fail("too small", block);
  for (size_t i = 0; is_clear && i < wanted; ++i)
    if (block->at[i] != 0) fail("not cleared", block);
}

NOINLINE static struct block* make(unsigned* state) {
  const size_t bytes = some_size(state);
  size_t align = (size_t)8 << next(state) % 10;
  if (next(state) % 500 == 0) align = (size_t)1 << 21;
  struct block* block = keep(malloc(sizeof *block));
  if (block == NULL) abort();
  size_t wanted = bytes, given = 16;
  int is_clear = 0;
  switch (next(state) % 10) {
    case 0: block->at = keep(calloc(bytes, 1)), is_clear = 1; break;
    case 1: block->at = keep(calloc(1 + bytes / 16, 16)), wanted = (1 + bytes / 16) * 16, is_clear = 1; break;
    case 2: block->at = keep(realloc(NULL, bytes)); break;
    case 3: block->at = keep(reallocarray(NULL, bytes / 8 + 1, 8)), wanted = (bytes / 8 + 1) * 8; break;
    case 4: block->at = keep(memalign(align, bytes)), given = align; break;
    case 5: block->at = keep(aligned_alloc(align, bytes)), given = align; break;
    case 6: {
      void* at = NULL;
      if (posix_memalign(&at, align, bytes) != 0) at = NULL;
      block->at = keep(at), given = align;
      break;
    }
    case 7:
      if (next(state) % 4 != 0) goto plain;
      block->at = keep(valloc(bytes)), given = kPage;
      break;
    case 8:
      if (next(state) % 4 != 0) goto plain;
      block->at = keep(pvalloc(bytes)), given = kPage, wanted = (bytes + kPage - 1) / kPage * kPage;
      break;
    default:
    plain: block->at = keep(malloc(bytes)); break;
  }
  check_fresh(block, wanted, given, is_clear);
  fill(block, state);
  return block;
}

static void drop(struct block* block) {
  check(block, SIZE_MAX);
  free(block->at);
  free(block);
}

NOINLINE static void resize(struct block* block, unsigned* state) {
  for (unsigned times = 1 + next(state) % (block->bytes < kWhole ? 12 : 2); times != 0; --times) {
    const size_t bytes = next(state) % 3 != 0 ? some_size(state) + 1 : block->bytes + next(state) % 100 + 1;
    const struct block before = *block;
    block->at = next(state) % 4 == 0 ? keep(reallocarray(block->at, bytes, 1)) : keep(realloc(block->at, bytes));
    if (block->at == NULL || malloc_usable_size(block->at) < bytes) fail("cannot be resized", &before);
    const struct block moved = {block->at, before.bytes, before.mark};
    check(&moved, bytes);
    fill(block, state);
  }
}

static void handler(int number) {
  (void)number;
  static __thread unsigned state = 7;
  if (inside) return;
  inside = 1;
  drop(make(&state));
  inside = 0;
}

/* In a child: what its thread had is there, and can be worked on. The other threads' blocks may be half written. */
static int child_works(struct block** own, unsigned state) {
  for (int i = 0; i < kOwn; ++i) {
    if (own[i] == NULL) continue;
    check(own[i], SIZE_MAX);
    if (own[i]->bytes < kWhole) resize(own[i], &state);
    drop(own[i]);
    drop(make(&state));
  }
  return 0;
}

static void fork_now(struct block** own, unsigned state) {
  const pid_t child = fork();
  if (child == 0) _exit(child_works(own, state));
  int status = 1;
  while (waitpid(child, &status, 0) != child) {}
  if (status != 0) abort();
}

static void one(struct block** own, unsigned* state) {
  const unsigned place = next(state) % (kShared + kOwn);
  const int is_own = place < kOwn;
  struct block* block = is_own ? own[place] : atomic_exchange(&shared[place - kOwn], NULL);
  if (block == NULL)
    block = make(state);
  else if (next(state) % 2 == 0 || block->bytes > 1 << 22)
    drop(block), block = NULL;
  else
    resize(block, state);
  if (is_own)
    own[place] = block;
  else if (block != NULL && (block = atomic_exchange(&shared[place - kOwn], block)) != NULL)
    drop(block);
}

static void* work(void* number) {
  unsigned state = seed_given * 7919 + (unsigned)(uintptr_t)number * 104729;
  struct block* own[kOwn] = {NULL};
  for (unsigned i = 0; i < operations; ++i) {
    inside = 1;
    if (number == NULL && i % (operations / kForks) == operations / kForks / 2) fork_now(own, state);
    one(own, &state);
    inside = 0; /* a handler may come here */
  }
  inside = 1;
  for (int i = 0; i < kOwn; ++i)
    if (own[i] != NULL) drop(own[i]);
  return NULL;
}

int main(int count, char** words) {
  if (count > 1) seed_given = (unsigned)atoi(words[1]);
  if (count > 2 && (operations = (unsigned)atoi(words[2])) < kForks) return 2;
  pthread_t threads[kThreads];
  inside = 1;
  struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
  sigaction(SIGALRM, &action, NULL);
  const struct itimerval often = {{0, 2000}, {0, 2000}};
  setitimer(ITIMER_REAL, &often, NULL);
  for (uintptr_t i = 0; i < kThreads; ++i) pthread_create(&threads[i], NULL, work, (void*)i);
  for (int i = 0; i < kThreads; ++i) pthread_join(threads[i], NULL);
  signal(SIGALRM, SIG_IGN);
  for (int i = 0; i < kShared; ++i)
    if (shared[i] != NULL) drop(shared[i]);
  puts("every byte was there");
  return 0;
}
