// A look through the heap that tells of every block by itself. In the library under test: all of weir, and look.cpp.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum truth_verdict { kTruthReachable, kTruthLost, kTruthLostToo, kTruthNone /* being resized: no tag */ };

struct truth_block {
  uintptr_t address;
  uint64_t bytes;       /* asked for */
  uint64_t class_bytes; /* of the place that it has */
  uintptr_t caller;     /* who called the function that made it, or gave it its size; 0: not known */
  uint32_t verdict;
  uint8_t is_summed; /* its call site was known before the look began */
  uint8_t is_quiet;  /* weir itself called the code that made it */
};

/* What one look has found, in the copy of the process. */
struct truth_seen {
  const struct truth_block* blocks;
  uint64_t count;
  const uintptr_t* words; /* roots that lie nowhere: what weir itself knows of running threads */
  uint64_t word_count;
  uint64_t summed_blocks, summed_lost, summed_bytes; /* as the profile would say: all, lost, and bytes of all */
};

enum truth_way {
  kTruthOnDemand,  /* as `weir ctl PID scan` */
  kTruthAtEnd,     /* as at the end of the process */
  kTruthInHandler, /* a raw copy, in a signal handler that may have interrupted malloc */
  kTruthInPlace    /* without a copy; everybody else stands still */
};

#define TRUTH_API __attribute__((visibility("default")))

/* Looks, and calls `compare` with what is found: in the copy, which may use no heap. 0; else the look was not made, or came to
 * nothing. `stack`: the lower end of the calling thread's stack; not for kTruthOnDemand and kTruthAtEnd. */
TRUTH_API int weir_truth_look(enum truth_way way, const void* stack, void (*compare)(const struct truth_seen* seen, void* argument),
                    void* argument);

/* Whether an address is in the library. */
TRUTH_API int weir_truth_is_inside(uintptr_t at);

/* From now on the allocator's new mappings lie outside the range that it has for itself. */
TRUTH_API void weir_truth_crowd(void);

#ifdef __cplusplus
}
#endif
