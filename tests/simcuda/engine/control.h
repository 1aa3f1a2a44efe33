/* What a test may order of streams and kernels. Found by dlsym, so that a test needs no library of ours at link time.
 * Streams are named as in CUDA: 0 is the legacy default stream of the current context. */
#ifndef SIMCUDA_ENGINE_CONTROL_H
#define SIMCUDA_ENGINE_CONTROL_H

#include <cuda.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Nothing new starts in the stream; returns when what was running in it is done. 0: no such stream. */
int simcuda_hold(CUstream stream);
void simcuda_hold_all(void); /* also streams made later */
int simcuda_step(CUstream stream); /* runs one piece; 0: there is none, or it waits for work that is held */
int simcuda_release(CUstream stream);
void simcuda_release_all(void);
size_t simcuda_queued(CUstream stream);

/* Not 0: work starts only when the program waits or asks, as late as is legal, in an order drawn by the seed among all
 * legal ones; the same seed draws the same order. 0: at once, in order of submission. SIMCUDA_SEED sets it from the start. */
void simcuda_seed(unsigned long long seed);

/* The oracle: pieces of queued or running work that refer to any byte of the range. Graphs count once launched. */
size_t simcuda_pending_refs(CUdeviceptr address, size_t bytes);

/* One launch, as a kernel's model on the host sees it. It lives as long as the model's call. */
typedef struct simcuda_launch {
  const char* name;
  unsigned grid[3], block[3], shared_bytes;
  unsigned parameter_count;        /* 0 too when nobody said what the parameters are */
  void* const* parameters;         /* as cuLaunchKernel got them */
  const size_t* parameter_bytes;
  const void* packed;              /* all of them as one block */
  size_t packed_bytes;
  int device;
} simcuda_launch;

/* A model runs on the engine's thread. It may not call CUDA; device memory it reaches through simcuda_reach only. */
typedef void (*simcuda_kernel)(const simcuda_launch* launch, void* user);

/* The name is the one in the module (_Z5scalePf), or for C++ kernels also what it is called in the source (scale).
 * A null model takes the registration back. A kernel without a model runs, touches nothing, and is counted. */
void simcuda_register_kernel(const char* name, simcuda_kernel model, void* user);
/* Sizes of the parameters of kernels whose module does not say (machine code, compressed). */
void simcuda_kernel_parameters(const char* name, unsigned count, const size_t* bytes);
/* The kernel touches what the parameter number `address` says, as many bytes as the parameter number `bytes` says (both of 8
 * bytes), and no more. For programs that give out parts of blocks. Several such pairs add up. */
void simcuda_kernel_touches(const char* name, unsigned address, unsigned bytes);
/* Where [address, address + bytes) lies for a model. Null: not memory of the device; the launch then fails with
 * CUDA_ERROR_ILLEGAL_ADDRESS, and that sticks to the context. */
void* simcuda_reach(CUdeviceptr address, size_t bytes);
/* From now on launches of the kernel do not end (1) until that is taken back (0). */
void simcuda_block_kernel(const char* name, int blocked);
/* Launches that have run; with a null name those of all kernels that had no model. */
unsigned long long simcuda_launches(const char* name);

#ifdef __cplusplus
}
#endif
#endif
