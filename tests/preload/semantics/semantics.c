/* Every case of the malloc family's semantics, each printed as one line in a form that does not depend on the
 * allocator: what came back, what errno says, and a hash of the contents. compare.py runs this under glibc and
 * under weir and compares line by line; no expectation is written here. */
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support.h"

enum { kUntouched = 7777 };
static volatile size_t most = PTRDIFF_MAX;
static volatile size_t zero = 0;

static const char* errno_name(int error) {
  if (error == kUntouched) return "untouched";
  if (error == ENOMEM) return "ENOMEM";
  if (error == EINVAL) return "EINVAL";
  return strerror(error);
}

static void say(const char* name, size_t argument, const char* result, unsigned long hash) {
  const int error = errno;
  printf("%s(%zx): %s errno=%s hash=%lx\n", name, argument, result, errno_name(error), hash);
  errno = kUntouched;
}

static void say_number(const char* name, size_t argument, long number) {
  char text[32];
  const int error = errno;
  snprintf(text, sizeof text, "%ld", number);
  errno = error;
  say(name, argument, text, 0);
}

static unsigned long hash_of(const unsigned char* bytes, size_t count) {
  unsigned long hash = 1469598103934665603UL;
  for (size_t i = 0; i < count; ++i) hash = (hash ^ bytes[i]) * 1099511628211UL;
  return hash;
}

static void paint(unsigned char* block, size_t from, size_t to) {
  for (size_t i = from; i < to; ++i) block[i] = (unsigned char)(i * 31 + i / 251);
}

/* What can be said of a fresh block of at least `bytes`: aligned, usable, writable to the last usable byte. */
static const char* judge(void* block, size_t bytes, size_t alignment) {
  if (block == NULL) return "null";
  const int error = errno;
  const char* result = "block";
  if ((uintptr_t)block % alignment != 0) result = "misaligned";
  const size_t usable = malloc_usable_size(block);
  if (usable < bytes) result = "too-small";
  if (usable < (1 << 26)) memset(block, 0x5A, usable);
  errno = error;
  return result;
}

static const size_t kSizes[] = {
    0,          1,         7,         8,          9,       15,        16,        17,     23,    24,   25,   31,   32,
    33,         40,        41,        47,         48,      56,        63,        64,     65,    95,   96,   97,   111,
    112,        120,       127,       128,        129,     160,       192,       255,    256,   257,  320,  383,  384,
    448,        511,       512,       513,        640,     1000,      1023,      1024,   1025,  1032, 1033, 1280, 2047,
    2048,       2049,      3500,      3584,       4080,    4088,      4095,      4096,   4097,  5120, 7000, 8191, 8192,
    8193,       10232,     14328,     14336,      14337,   16376,     16383,     16384,  16385, 20480, 32767, 32768, 65535,
    65536,      65537,     131048,    131071,     131072,  131073,    200000,    262144, 262145, 524288, 1048575, 1048576, 1048577,
    2097151,    2097152,   3000000,   4194304,    8388607, 33554431,  33554432,  33554433};
enum { kSizeCount = sizeof kSizes / sizeof *kSizes };

static void sizes(void) {
  for (int i = 0; i < kSizeCount; ++i) {
    const size_t bytes = kSizes[i];
    void* block = keep(malloc(bytes));
    say("malloc", bytes, judge(block, bytes, 16), 0);
    free(block);
    say("free", bytes, "done", 0);
    unsigned char* cleared = keep(calloc(bytes, 1));
    say("calloc", bytes, cleared != NULL ? "block" : "null", hash_of(cleared, bytes));
    judge(cleared, bytes, 16);
    free(cleared);
    block = keep(realloc(NULL, bytes));
    say("realloc-null", bytes, judge(block, bytes, 16), 0);
    free(block);
    block = keep(valloc(bytes));
    say("valloc", bytes, judge(block, bytes, 4096), 0);
    free(block);
    block = keep(pvalloc(bytes));
    say("pvalloc", bytes, judge(block, (bytes + 4095) / 4096 * 4096, 4096), 0);
    free(block);
    block = keep(reallocarray(NULL, bytes, 3));
    say("reallocarray-null", bytes, judge(block, bytes * 3, 16), 0);
    free(block);
  }
}

/* Contents over growing and shrinking, from every size to every fifth other one. */
static void resizes(void) {
  for (int i = 0; i < kSizeCount - 4; ++i) {
    for (int j = i % 5; j < kSizeCount - 4; j += 5) {
      const size_t from = kSizes[i], to = kSizes[j] + (kSizes[j] == 0), least = from < to ? from : to;
      unsigned char* block = keep(malloc(from));
      paint(block, 0, from);
      block = keep(realloc(block, to));
      char name[48];
      snprintf(name, sizeof name, "realloc-from-%zx", from);
      errno = kUntouched;
      say(name, to, (uintptr_t)block % 16 == 0 ? "block" : "misaligned", hash_of(block, least));
      paint(block, least, to);
      if (malloc_usable_size(block) < to) say(name, to, "too-small", 0);
      free(block);
    }
  }
  unsigned char* block = NULL;
  for (size_t bytes = 1; bytes < 40 << 20; bytes = bytes * 5 / 2 + 1) {
    block = keep(realloc(block, bytes));
    paint(block, bytes * 2 / 5, bytes);
  }
  for (size_t bytes = 30 << 20; bytes > 0; bytes /= 3) {
    block = keep(realloc(block, bytes));
    say("realloc-down", bytes, "block", hash_of(block, bytes < 65536 ? bytes : 65536));
  }
  say("realloc-to-zero", 0, realloc(block, zero) == NULL ? "null" : "block", 0);
  block = keep(memalign(4096, 10000));
  paint(block, 0, 10000);
  block = keep(realloc(block, 20000));
  say("realloc-of-memalign", 20000, "block", hash_of(block, 10000));
  block = keep(reallocarray(block, 100, 7));
  say("reallocarray", 700, "block", hash_of(block, 700));
  say("reallocarray-to-zero", 0, reallocarray(block, zero, 7) == NULL ? "null" : "block", 0);
  block = realloc(NULL, zero);
  say("realloc-null-zero", 0, block != NULL ? "block" : "null", 0);
  free(block);
}

static void too_large(void) {
  const size_t wrong[] = {most,           most + 1, most + 2, most - 1,     most - 4096, most / 2, most / 4,
                          (size_t)-4096,  (size_t)-4097, (size_t)-64, (size_t)-16, (size_t)-8,  (size_t)-1};
  unsigned char* kept = keep(malloc(100));
  paint(kept, 0, 100);
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; ++i) {
    const size_t bytes = wrong[i];
    void* out = kept;
    say("malloc", bytes, judge(malloc(bytes), 0, 16), 0);
    say("calloc", bytes, judge(calloc(bytes, 1), 0, 16), 0);
    say("calloc-2", bytes, judge(calloc(2, bytes), 0, 16), 0);
    say("realloc-null", bytes, judge(realloc(NULL, bytes), 0, 16), 0);
    say("realloc", bytes, judge(realloc(kept, bytes), 0, 16), hash_of(kept, 100));
    say("reallocarray", bytes, judge(reallocarray(kept, bytes, 1), 0, 16), hash_of(kept, 100));
    say("memalign-64", bytes, judge(memalign(64, bytes), 0, 64), 0);
    say("aligned_alloc-4096", bytes, judge(aligned_alloc(4096, bytes), 0, 64), 0);
    say("valloc", bytes, judge(valloc(bytes), 0, 16), 0);
    say("pvalloc", bytes, judge(pvalloc(bytes), 0, 16), 0);
    say_number("posix_memalign-64", bytes, posix_memalign(&out, 64, bytes));
    say("posix_memalign-64-out", bytes, out == kept ? "untouched" : "changed", 0);
  }
  const size_t pairs[][2] = {{most, 2},      {most, 3},        {2, most},           {1UL << 32, 1UL << 32}, {1UL << 33, 1UL << 31},
                             {SIZE_MAX, 2},  {SIZE_MAX / 2, 3}, {1UL << 63, 2},      {SIZE_MAX, SIZE_MAX},   {SIZE_MAX, 0},
                             {0, SIZE_MAX},  {0, 0}};
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; ++i) {
    void* block = calloc(pairs[i][0], pairs[i][1]);
    say("calloc-overflow", i, judge(block, 0, 16), 0);
    free(block);
    if (pairs[i][0] == 0 || pairs[i][1] == 0) continue;
    say("reallocarray-overflow", i, judge(reallocarray(kept, pairs[i][0], pairs[i][1]), 0, 16), hash_of(kept, 100));
  }
  free(kept);
}

static void alignments(void) {
  const size_t powers[] = {1, 2, 4, 8, 16, 32, 64, 128, 256, 1024, 2048, 4096, 8192, 65536, 1 << 20, 1 << 21, 1 << 25, 1 << 30};
  const size_t bytes[] = {0, 1, 8, 24, 100, 4096, 5000, 100000, 3 << 20};
  for (size_t i = 0; i < sizeof powers / sizeof *powers; ++i) {
    for (size_t j = 0; j < sizeof bytes / sizeof *bytes; ++j) {
      char name[48];
      void* block = keep(memalign(powers[i], bytes[j]));
      snprintf(name, sizeof name, "memalign-%zx", powers[i]);
      errno = kUntouched;
      say(name, bytes[j], judge(block, bytes[j], powers[i]), 0);
      free(block);
      block = keep(aligned_alloc(powers[i], bytes[j]));
      snprintf(name, sizeof name, "aligned_alloc-%zx", powers[i]);
      errno = kUntouched;
      say(name, bytes[j], judge(block, bytes[j], powers[i]), 0);
      free(block);
      block = (void*)1;
      snprintf(name, sizeof name, "posix_memalign-%zx", powers[i]);
      errno = kUntouched;
      const int error = posix_memalign(&block, powers[i], bytes[j]);
      say_number(name, bytes[j], error);
      say(name, bytes[j], error != 0 ? (block == (void*)1 ? "untouched" : "changed") : judge(block, bytes[j], powers[i]), 0);
      if (error == 0) free(block);
    }
  }
  const size_t odd[] = {0, 3, 5, 12, 24, 40, 48, 100, 1000, 4095, 4097, (1UL << 63) + 1, SIZE_MAX, SIZE_MAX - 15, 1UL << 63, 1UL << 62};
  for (size_t i = 0; i < sizeof odd / sizeof *odd; ++i) {
    size_t rounded = 16;
    while (rounded < odd[i] && rounded < 8192) rounded *= 2;
    void* block = memalign(odd[i], 100);
    say("memalign-odd", odd[i], judge(block, 100, rounded), 0);
    free(block);
    errno = kUntouched;
    block = aligned_alloc(odd[i], 100);
    say("aligned_alloc-odd", odd[i], judge(block, 100, rounded), 0);
    free(block);
    block = (void*)1;
    errno = kUntouched;
    say_number("posix_memalign-odd", odd[i], posix_memalign(&block, odd[i], 100));
    say("posix_memalign-odd-out", odd[i], block == (void*)1 ? "untouched" : "changed", 0);
  }
}

/* Not one block of a size but many at once, for a first block may be aligned by luck; and no two of no bytes are one. */
static void many_at_once(void) {
  enum { kMany = 60 };
  for (size_t bytes = 0; bytes <= 72; ++bytes) {
    void* blocks[kMany];
    int odd = 0;
    for (int i = 0; i < kMany; ++i) {
      blocks[i] = keep(i % 4 == 0 ? malloc(bytes) : i % 4 == 1 ? calloc(1, bytes) : i % 4 == 2 ? realloc(NULL, bytes) : reallocarray(NULL, bytes, 1));
      odd += (uintptr_t)blocks[i] % 16 != 0;
      memset(blocks[i], i, malloc_usable_size(blocks[i]));
    }
    errno = kUntouched;
    say("many-aligned", bytes, odd == 0 ? "all" : "not all", 0);
    int same = 0, changed = 0;
    for (int i = 0; i < kMany; ++i) {
      for (int k = 0; k < i; ++k) same += blocks[i] == blocks[k];
      for (size_t at = 0; at < bytes; ++at) changed += ((unsigned char*)blocks[i])[at] != i;
    }
    say("many-apart", bytes, same == 0 && changed == 0 ? "all" : "not all", 0);
    int shrunk = 0;
    for (int i = 0; i < kMany; ++i) {
      blocks[i] = keep(realloc(blocks[i], 1));
      shrunk += (uintptr_t)blocks[i] % 16 == 0 && (bytes == 0 || *(unsigned char*)blocks[i] == i);
    }
    errno = kUntouched;
    say_number("many-shrunk", bytes, shrunk);
    for (int i = 0; i < kMany; ++i) free(blocks[i]);
  }
}

/* What one function made, another resizes. */
static void resized_by_another(void) {
  const size_t bytes[] = {1, 24, 100, 4096, 5000, 200000, 3 << 20};
  for (int i = 0; i < 7; ++i) {
    for (int kind = 0; kind < 5; ++kind) {
      void* block = NULL;
      switch (kind) {
        case 0: block = valloc(bytes[i]); break;
        case 1: block = pvalloc(bytes[i]); break;
        case 2: block = aligned_alloc(256, bytes[i]); break;
        case 3: block = calloc(bytes[i], 1); break;
        default: if (posix_memalign(&block, 8192, bytes[i]) != 0) abort();
      }
      paint(block, 0, bytes[i]);
      block = keep(realloc(block, bytes[i] * 3));
      char name[48];
      snprintf(name, sizeof name, "resized-up-%d", kind);
      errno = kUntouched;
      say(name, bytes[i], "block", hash_of(block, bytes[i]));
      block = keep(realloc(block, bytes[i] / 2 + 1));
      snprintf(name, sizeof name, "resized-down-%d", kind);
      errno = kUntouched;
      say(name, bytes[i], "block", hash_of(block, bytes[i] / 2));
      free(block);
    }
  }
}

static void errno_kept(void) {
  const size_t bytes[] = {10, 5000, 100000, 1 << 20, 64 << 20};
  for (int i = 0; i < 5; ++i) {
    void* block = keep(malloc(bytes[i]));
    errno = 1234;
    free(block);
    const int after = errno;
    errno = kUntouched;
    say_number("free-keeps-errno", bytes[i], after);
  }
  errno = 1234;
  free(NULL);
  const int after = errno;
  errno = kUntouched;
  say_number("free-null-keeps-errno", 0, after);
  say_number("malloc_usable_size-null", 0, (long)malloc_usable_size(NULL));
}

/* Fresh zeroed memory stays zeroed when dirty memory of the same size was just freed. */
static void cleared_after_dirty(void) {
  for (int i = 0; i < kSizeCount; ++i) {
    if (kSizes[i] > 1 << 22) continue;
    void* dirty[8];
    for (int k = 0; k < 8; ++k) dirty[k] = memset(keep(malloc(kSizes[i])), 0xFF, kSizes[i]);
    for (int k = 0; k < 8; ++k) free(dirty[k]);
    unsigned char* clear = keep(calloc(1, kSizes[i]));
    errno = kUntouched;
    say("calloc-after-dirty", kSizes[i], "block", hash_of(clear, kSizes[i]));
    free(clear);
  }
}

static void statistics(void) {
  void* large = keep(malloc(10 << 20));
  void* small[100];
  for (int i = 0; i < 100; ++i) small[i] = keep(malloc(1000));
  const struct mallinfo2 info = mallinfo2();
  errno = kUntouched;
  say("mallinfo2", 0, info.uordblks + info.hblkhd >= 10100000 ? "plausible" : "too-little", 0);
  const struct mallinfo old = mallinfo();
  errno = kUntouched;
  say("mallinfo", 0, old.uordblks + old.hblkhd >= 10100000 ? "plausible" : "too-little", 0);
  for (int i = 0; i < 100; ++i) free(small[i]);
  free(large);
  const struct mallinfo2 later = mallinfo2();
  errno = kUntouched;
  say("mallinfo2-after-free", 0, later.uordblks + later.hblkhd + 10000000 <= info.uordblks + info.hblkhd ? "less" : "as before", 0);
  say("mallinfo2-arena", 0, later.arena + later.hblkhd >= later.uordblks ? "plausible" : "too-little", 0);
  errno = kUntouched;
  const int trimmed = malloc_trim(0);
  say("malloc_trim", 0, trimmed == 0 || trimmed == 1 ? "0-or-1" : "other", 0);
  errno = kUntouched;
  say_number("mallopt-mmap-threshold", 0, mallopt(M_MMAP_THRESHOLD, 1 << 20));
  say_number("mallopt-perturb", 0, mallopt(M_PERTURB, 0));
  say_number("mallopt-arena-max", 0, mallopt(M_ARENA_MAX, 2));
  say_number("mallopt-unknown", 0, mallopt(-4711, 1));
  const int parameters[] = {M_MXFAST, M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX, M_ARENA_TEST, M_CHECK_ACTION};
  for (int i = 0; i < 6; ++i) say_number("mallopt", (size_t)i, mallopt(parameters[i], i == 0 ? 64 : 65536));
  say_number("mallopt-mxfast-too-large", 0, mallopt(M_MXFAST, 1 << 20));
  say_number("mallopt-mmap-threshold-too-large", 0, mallopt(M_MMAP_THRESHOLD, 1 << 30));
  say("malloc_trim-again", 1 << 20, malloc_trim(1 << 20) >= 0 ? "0-or-1" : "other", 0);
  char* text = NULL;
  size_t bytes = 0;
  FILE* stream = open_memstream(&text, &bytes);
  errno = kUntouched;
  const int answer = malloc_info(0, stream);
  fflush(stream);
  errno = kUntouched;
  say_number("malloc_info", 0, answer);
  say("malloc_info-text", 0, strstr(text, "<malloc") != NULL && strstr(text, "</malloc>") != NULL ? "xml" : "other", 0);
  say_number("malloc_info-option", 1, malloc_info(1, stream));
  fclose(stream);
  free(text);
  const int stderr_copy = dup(2);
  if (freopen("/dev/null", "w", stderr) == NULL) abort();
  malloc_stats();
  fflush(stderr);
  dup2(stderr_copy, 2);
  close(stderr_copy);
  errno = kUntouched;
  say("malloc_stats", 0, "returned", 0);
}

static void presence(void) {
  const char* names[] = {"malloc", "calloc", "realloc", "free", "reallocarray", "memalign", "aligned_alloc", "posix_memalign", "valloc", "pvalloc",
                         "cfree", "malloc_usable_size", "malloc_trim", "mallinfo", "mallinfo2", "mallopt", "malloc_info", "malloc_stats",
                         "free_sized", "free_aligned_sized"};
  for (size_t i = 0; i < sizeof names / sizeof *names; ++i) {
    void* found = dlsym(RTLD_DEFAULT, names[i]);
    char name[48];
    snprintf(name, sizeof name, "present-%s", names[i]);
    errno = kUntouched;
    say(name, 0, found != NULL ? "yes" : "no", 0);
  }
  void (*free_sized)(void*, size_t) = (void (*)(void*, size_t))dlsym(RTLD_DEFAULT, "free_sized");
  void (*free_aligned_sized)(void*, size_t, size_t) = (void (*)(void*, size_t, size_t))dlsym(RTLD_DEFAULT, "free_aligned_sized");
  errno = kUntouched;
  if (free_sized != NULL) free_sized(keep(malloc(100)), 100), free_sized(NULL, 0);
  say("free_sized", 100, "done", 0);
  if (free_aligned_sized != NULL) free_aligned_sized(keep(aligned_alloc(64, 128)), 64, 128), free_aligned_sized(NULL, 64, 0);
  say("free_aligned_sized", 128, "done", 0);
}

int main(void) {
  static char buffer[1 << 16];
  setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
  errno = kUntouched;
  sizes();
  resizes();
  too_large();
  alignments();
  many_at_once();
  resized_by_another();
  errno_kept();
  cleared_after_dirty();
  statistics();
  presence();
  return 0;
}
