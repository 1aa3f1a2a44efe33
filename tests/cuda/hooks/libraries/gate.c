// A cuMemFree that serves the calls of two threads in the order in which they did not come: the first waits for the second.
#include "../hooks.h"

int gate_calls, gate_left;

CUresult cuMemFree_v2(CUdeviceptr block) {
  static CUresult (*next)(CUdeviceptr);
  if (next == NULL) next = (CUresult (*)(CUdeviceptr))dlsym(RTLD_NEXT, "cuMemFree_v2");
  if (__atomic_fetch_add(&gate_calls, 1, __ATOMIC_ACQ_REL) == 0)
    while (__atomic_load_n(&gate_left, __ATOMIC_ACQUIRE) == 0) usleep(1000);
  const CUresult result = next(block);
  __atomic_fetch_add(&gate_left, 1, __ATOMIC_ACQ_REL);
  return result;
}
