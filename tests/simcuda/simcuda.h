/* What a test may order of the simulated driver and ask it. All functions are found by dlsym in libcuda.so.1
 * (dlsym(RTLD_DEFAULT, "simcuda_violations") is null under any other driver), so a test needs no library of ours at
 * link time. README.md has the variables that do the same from outside. */
#ifndef SIMCUDA_H
#define SIMCUDA_H

#include <cuda.h>
#include <stddef.h>

#include "engine/control.h"

#ifdef __cplusplus
extern "C" {
#endif

/* --- faults ---------------------------------------------------------------------------------------------------------
 * A function is named by its symbol (cuMemAlloc_v2) or, with all its versions and twins, by its name (cuMemAlloc). */

/* count calls fail with error, from the nth matching call from now on (1: the next); the call does nothing else.
 * sticky: the current context is broken by it and every later call in it fails with the same error. */
void simcuda_fail(const char* function, unsigned long long nth, unsigned long long count, CUresult error, int sticky);
/* Every call takes that much longer; 0 takes it back. */
void simcuda_delay(const char* function, unsigned long long microseconds);
/* The current context is broken, as by a kernel that faulted. */
void simcuda_break_context(CUresult error);
void simcuda_forget_orders(void);

/* --- questions ------------------------------------------------------------------------------------------------------ */

/* Calls since the process began, failed ones too. Null: of all functions. */
unsigned long long simcuda_calls(const char* function);

enum simcuda_kind {
  SIMCUDA_ANY = -1,
  SIMCUDA_DEVICE,     /* cuMemAlloc, cuMemAllocPitch */
  SIMCUDA_MANAGED,    /* cuMemAllocManaged */
  SIMCUDA_PINNED,     /* cuMemHostAlloc, cuMemAllocHost */
  SIMCUDA_REGISTERED, /* cuMemHostRegister */
  SIMCUDA_POOL,       /* cuMemAllocAsync, cuMemAllocFromPoolAsync, memory nodes */
  SIMCUDA_MAPPED,     /* cuMemMap */
  SIMCUDA_IMPORTED,   /* cuIpcOpenMemHandle and the like */
  SIMCUDA_GLOBAL      /* variables of modules */
};
/* Blocks that live, and the bytes that were asked for them. device -1: of all. */
unsigned long long simcuda_live_blocks(int device, int kind);
unsigned long long simcuda_live_bytes(int device, int kind);
/* What was asked of the driver for the living block that begins there; 0: there is none. */
unsigned long long simcuda_block_bytes(CUdeviceptr address);
/* Physical bytes taken of a device: chunks, contexts, pools. What cuMemGetInfo calls used. */
unsigned long long simcuda_used_bytes(int device);

/* Use after free, overruns and the like that were found so far; each was also told on stderr. */
unsigned long long simcuda_violations(void);
/* Looks at the patterns behind blocks and in freed places now; what it finds counts as violations. */
unsigned long long simcuda_check(void);

#ifdef __cplusplus
}
#endif
#endif
