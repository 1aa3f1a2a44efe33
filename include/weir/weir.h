/* weir.h — talk to libweir from a program it is watching.
 *
 * All functions are weak: without libweir.so in the process they are null. Ask weir_is_loaded() first, or use
 * weir.hpp, which does. Any thread may call any function; none of them allocates from the heap being measured. */
#ifndef WEIR_WEIR_H
#define WEIR_WEIR_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WEIR_API __attribute__((weak, visibility("default")))

typedef enum weir_space { WEIR_HOST, WEIR_DEVICE, WEIR_PINNED, WEIR_MANAGED } weir_space;

/* Bytes as the program asked for them; estimates where the process is sampled (WEIR_RECORD). Grows at the end only; struct_size says how much of it the caller knows. */
typedef struct weir_totals {
  size_t struct_size;
  uint64_t live_bytes; /* handed out, not yet freed */
  uint64_t live_blocks;
  uint64_t allocated_bytes; /* since the process started */
  uint64_t allocated_blocks;
  uint64_t peak_bytes; /* highest live_bytes so far */
} weir_totals;

/* Fills *out up to its struct_size. 0, or -1 when this process has no such space or it is not recorded. */
WEIR_API int weir_get_totals(weir_space space, weir_totals* out);

/* What a look through the heap has found. Grows at the end only, as weir_totals. */
typedef struct weir_verdict {
  size_t struct_size;
  uint64_t lost_blocks; /* nothing points to them, or only lost blocks do */
  uint64_t lost_bytes;
  uint64_t reachable_blocks;
  uint64_t reachable_bytes;
  uint64_t took_ns; /* for which the caller waited, but for the pause between two looks */
} weir_verdict;

/* Looks through the heap now: which live blocks does nothing point to any more? The verdicts by call site go into the profile. No
 * thread is stopped; with other threads running, two looks 0.1 s apart have to agree, and what they do not agree on is in neither sum.
 * 0, or -1 when there can be no look: not recorded exactly (WEIR_RECORD), switched off (WEIR_LEAK_SCAN), no memory, no copy of the
 * process can be made, another look is under way. Not in a signal handler. */
WEIR_API int weir_scan(weir_verdict* out);

/* Path of the profile this process writes; null: none. The string lives as long as the process. */
WEIR_API const char* weir_profile_path(void);

static inline int weir_is_loaded(void) { return weir_get_totals != 0; }

#ifdef __cplusplus
}
#endif

#endif
