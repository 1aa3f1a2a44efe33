// Contexts: what is current on a thread, who lives, what goes with them.
#pragma once
#include <cuda.h>

#include <atomic>
#include <cstdint>
#include <set>
#include <vector>

namespace simcuda {

struct Device;

// Never freed: a handle of a destroyed context stays recognisable, so that its user is told so.
class Context {
 public:
  int device = 0;
  bool primary = false;
  std::atomic<bool> alive{false};
  std::atomic<CUresult> sticky{CUDA_SUCCESS};  // an error that ends the context: every later call returns it
  uint64_t id = 0;  // cuCtxGetId; a primary context gets a new one each time it comes to life
  unsigned flags = 0;
  unsigned api_version = 0;
  int retained = 0;     // primary: Retain minus Release; else: cuCtxAttach minus Detach, 1 at its creation
  size_t overhead = 0;  // device memory the context itself takes
  size_t limits[CU_LIMIT_MAX] = {};
  CUfunc_cache cache_config = CU_FUNC_CACHE_PREFER_NONE;
  CUsharedconfig shared_config = CU_SHARED_MEM_CONFIG_DEFAULT_BANK_SIZE;
  std::set<Context*> peers;  // cuCtxEnablePeerAccess, under the lock

  CUcontext handle() { return reinterpret_cast<CUcontext>(this); }
  Device& on();
};

// The context behind a handle: null for a value that never was one.
Context* context_of(CUcontext handle);

std::vector<Context*> living_contexts();

// The stack of the calling thread. push answers false when it is full.
Context* current_context();
void set_current(Context* context);
bool push_current(Context* context);
bool pop_current(Context*& context);

// A life begins: takes the context's own memory (SIMCUDA_CONTEXT_BYTES). CUDA_ERROR_OUT_OF_MEMORY if there is none.
CUresult bring_to_life(Context& context, unsigned flags);
Context* new_context(int device);
Context* new_primary_context(int device);

// A life ends: what at_context_end registered runs, phase by phase, then the context's own memory goes back.
// Not under the lock.
void end_life(Context& context);

// Other parts register what they must drop with a context, by static initialisation:
//   static const bool registered = at_context_end(EndPhase::objects, [](Context& context) { ... });
enum class EndPhase {
  work,     // what still runs or waits is finished or dropped
  objects,  // streams, events, modules, graphs
  memory,   // the blocks
};
using ContextEnd = void (*)(Context&);
bool at_context_end(EndPhase phase, ContextEnd drop);

// Marks the context broken from now on, as a fault of a kernel does. The first error stays.
void break_context(Context& context, CUresult error);

}  // namespace simcuda
